import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const unpause: Command = {
  name: 'unpause',
  summary: 'let failover and healing go on',
  options: [dryRunOption],
  example: 'pgherd unpause',
  danger: 'changes',
  load: () => import('../verbs/unpause.ts'),
}
