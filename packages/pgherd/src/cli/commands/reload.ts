import type { Command } from '../command.ts'

export const reload: Command = {
  name: 'reload',
  summary: 'have every member read its configuration again',
  options: [{ flags: '--dry-run', description: 'say what would be done and why, and do nothing' }],
  example: 'pgherd reload',
  danger: 'changes',
  load: () => import('../verbs/reload.ts'),
}
