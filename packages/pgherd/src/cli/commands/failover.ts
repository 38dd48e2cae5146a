import type { Command } from '../command.ts'

export const failover: Command = {
  name: 'failover',
  summary: 'make a member the primary by force, when no healthy one hands over',
  options: [
    { flags: '--to <member>', description: 'the member that is to be the primary' },
    { flags: '--allow-data-loss', description: 'accept that writes may be lost, as far as they are named' },
    { flags: '--dry-run', description: 'say what would be done and why, and do nothing' },
  ],
  example: 'pgherd failover --to pg2',
  danger: 'destroys',
  load: () => import('../verbs/failover.ts'),
}
