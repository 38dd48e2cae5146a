import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const reload: Command = {
  name: 'reload',
  summary: 'have every member read its configuration again',
  options: [dryRunOption],
  example: 'pgherd reload',
  danger: 'changes',
  load: () => import('../verbs/reload.ts'),
}
