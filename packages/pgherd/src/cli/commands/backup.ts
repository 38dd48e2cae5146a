import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const backup: Command = {
  name: 'backup',
  summary: 'take a base backup now',
  options: [{ flags: '--list', description: 'list the backups and what can be restored' }, dryRunOption],
  example: 'pgherd backup',
  danger: 'changes',
  load: () => import('../verbs/backup.ts'),
}
