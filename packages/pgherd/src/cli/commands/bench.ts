import type { Command } from '../command.ts'

export const bench: Command = {
  name: 'bench',
  summary: 'measure transactions per second and latency against the targets of the spec',
  options: [
    { flags: '--seconds <n>', description: 'how long', default: '10' },
    { flags: '--clients <n>', description: 'how many clients', default: '8' },
    { flags: '--scale <n>', description: 'size of the data: 100 000 accounts each', default: '10' },
  ],
  example: 'pgherd bench --seconds 20',
  danger: 'changes',
  load: () => import('../verbs/bench.ts'),
}
