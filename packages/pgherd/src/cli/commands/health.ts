import type { Command } from '../command.ts'

export const health: Command = {
  name: 'health',
  summary: 'run the health checks once; exit code 1 when something is wrong',
  options: [{ flags: '--verbose', description: 'list the checks that passed, too' }],
  example: 'pgherd health',
  danger: 'reads',
  load: () => import('../verbs/health.ts'),
}
