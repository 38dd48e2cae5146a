import type { Command } from '../command.ts'

export const render: Command = {
  name: 'render',
  summary: 'write every file of every member',
  options: [{ flags: '--out <dir>', description: 'where to' }],
  example: 'pgherd render --out ./rendered',
  danger: 'reads',
  load: () => import('../verbs/render.ts'),
}
