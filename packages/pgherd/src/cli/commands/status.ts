import type { Command } from '../command.ts'

export const status: Command = {
  name: 'status',
  summary: 'is it up, is it safe, can I get my data back',
  options: [],
  example: 'pgherd status',
  danger: 'reads',
  load: () => import('../verbs/status.ts'),
}
