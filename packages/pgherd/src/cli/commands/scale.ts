import type { Command } from '../command.ts'

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
    { flags: '--dry-run', description: 'say what would be done and why, and do nothing' },
  ],
  example: 'pgherd scale --members 5',
  danger: 'interrupts',
  load: () => import('../verbs/scale.ts'),
}
