import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const restart: Command = {
  name: 'restart',
  summary: 'restart PostgreSQL member by member',
  options: [
    { flags: '--member <name>', description: 'only this member; left out, all of them' },
    {
      flags: '--rolling',
      description: 'hand the primary over before its restart, and so restart standbys only',
    },
    { flags: '--pending', description: 'only members with settings that wait for a restart' },
    dryRunOption,
  ],
  example: 'pgherd restart --rolling',
  danger: 'interrupts',
  load: () => import('../verbs/restart.ts'),
}
