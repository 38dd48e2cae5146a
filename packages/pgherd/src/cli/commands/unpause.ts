import type { Command } from '../command.ts'

export const unpause: Command = {
  name: 'unpause',
  summary: 'let failover and healing go on',
  options: [{ flags: '--dry-run', description: 'say what would be done and why, and do nothing' }],
  example: 'pgherd unpause',
  danger: 'changes',
  load: () => import('../verbs/unpause.ts'),
}
