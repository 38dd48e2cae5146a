import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const scale: Command = {
  name: 'scale',
  summary: 'add members or remove them',
  options: [
    { flags: '--members <number>', description: 'how many there are to be: 3, 5 or 7' },
    {
      flags: '--address <list>',
      description: 'addresses of new members, separated by commas, where the spec lists addresses',
    },
    {
      flags: '--destroy-data',
      description: 'remove the directories of members that go; left out, they are kept and named',
    },
    { flags: '--name <name>', description: 'confirm --destroy-data by the name of the database' },
    dryRunOption,
  ],
  example: 'pgherd scale --members 5',
  danger: 'interrupts',
  load: () => import('../verbs/scale.ts'),
}
