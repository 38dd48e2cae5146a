import type { Command } from '../command.ts'

export const down: Command = {
  name: 'down',
  summary: 'stop everything; the data stays',
  options: [],
  example: 'pgherd down',
  danger: 'interrupts',
  load: () => import('../verbs/down.ts'),
}
