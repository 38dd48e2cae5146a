import type { Command } from '../command.ts'

export const pause: Command = {
  name: 'pause',
  summary: 'pause failover and healing for a while',
  options: [
    { flags: '--for <duration>', description: 'when automation goes on by itself', default: '30m' },
    { flags: '--dry-run', description: 'say what would be done and why, and do nothing' },
  ],
  example: 'pgherd pause --for 30m',
  danger: 'changes',
  load: () => import('../verbs/pause.ts'),
}
