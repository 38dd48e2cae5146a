import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const down: Command = {
  name: 'down',
  summary: 'stop everything; the data stays',
  options: [dryRunOption],
  example: 'pgherd down',
  danger: 'interrupts',
  load: () => import('../verbs/down.ts'),
}
