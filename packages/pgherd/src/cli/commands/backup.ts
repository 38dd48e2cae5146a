import type { Command } from '../command.ts'

export const backup: Command = {
  name: 'backup',
  summary: 'take a base backup now',
  options: [{ flags: '--list', description: 'list the backups and what can be restored' }],
  example: 'pgherd backup',
  danger: 'changes',
  load: () => import('../verbs/backup.ts'),
}
