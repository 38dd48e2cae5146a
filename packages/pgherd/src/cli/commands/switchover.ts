import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const switchover: Command = {
  name: 'switchover',
  summary: 'make another member the primary, without an error for clients',
  options: [
    {
      flags: '--to <member>',
      description: 'the member that is to be the primary; left out, the fittest standby',
    },
    {
      flags: '--at <time>',
      description: 'wait here until then and do it, RFC 3339 with a zone; Ctrl-C cancels it',
    },
    { flags: '--drain <duration>', description: 'how long open transactions may take to end', default: '5s' },
    dryRunOption,
  ],
  example: 'pgherd switchover --to pg2',
  danger: 'interrupts',
  load: () => import('../verbs/switchover.ts'),
}
