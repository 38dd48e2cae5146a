import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const prove: Command = {
  name: 'prove',
  summary: 'restore the newest backup into a throwaway server and check it',
  options: [{ flags: '--backup <id>', description: 'which backup; the newest when left out' }, dryRunOption],
  example: 'pgherd prove',
  danger: 'changes',
  load: () => import('../verbs/prove.ts'),
}
