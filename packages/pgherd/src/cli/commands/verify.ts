import type { Command } from '../command.ts'

export const verify: Command = {
  name: 'verify',
  summary: 'check every promise of this spec by measuring it',
  options: [],
  example: 'pgherd verify',
  danger: 'reads',
  load: () => import('../verbs/verify.ts'),
}
