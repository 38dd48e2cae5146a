import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const restore: Command = {
  name: 'restore',
  summary: 'bring back the database as it was',
  options: [
    {
      flags: '--to <target>',
      description: 'latest, a time with zone, a WAL position (lsn:0/3000060) or a restore point (point:NAME)',
      default: 'latest',
    },
    {
      flags: '--into <dir>',
      description: 'restore into a new data directory and leave the running database alone',
    },
    {
      flags: '--in-place',
      description:
        'replace the database, all members of a cluster; the data it has now is kept beside the new',
    },
    { flags: '--undo', description: 'bring back the cluster that the last restore in place has put aside' },
    { flags: '--timeline <number>', description: 'follow an abandoned timeline' },
    { flags: '--name <name>', description: 'confirm --in-place or --undo by the name of the database' },
    dryRunOption,
  ],
  example: 'pgherd restore --to 2026-11-21T10:15:00Z --into ./restored',
  danger: 'destroys',
  load: () => import('../verbs/restore.ts'),
}
