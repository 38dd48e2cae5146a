import type { Command } from '../command.ts'
import { dryRunOption } from './dry-run-option.ts'

export const pause: Command = {
  name: 'pause',
  summary: 'pause failover and healing for a while',
  options: [
    { flags: '--for <duration>', description: 'when automation goes on by itself', default: '30m' },
    dryRunOption,
  ],
  example: 'pgherd pause --for 30m',
  danger: 'changes',
  load: () => import('../verbs/pause.ts'),
}
