import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const failover: Command = {
  name: 'failover',
  summary: 'make a member the primary by force, when no healthy one hands over',
  options: [
    { flags: '--to <member>', description: 'the member that is to be the primary' },
    { flags: '--allow-data-loss', description: 'accept that writes may be lost, as far as they are named' },
    dryRunOption,
  ],
  example: 'pgherd failover --to pg2',
  danger: 'destroys',
  load: () => import('../verbs/failover.ts'),
}
