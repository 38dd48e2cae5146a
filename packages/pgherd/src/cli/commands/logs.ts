import type { Command } from '../command.ts'

export const logs: Command = {
  name: 'logs',
  summary: 'show the logs of the server and the agent',
  args: '[unit]',
  options: [
    { flags: '--member <name>', description: 'logs of one member only; left out: of all' },
    { flags: '--follow', description: 'go on until Ctrl-C' },
    { flags: '--lines <n>', description: 'how many lines', default: '40' },
  ],
  example: 'pgherd logs postgres --follow',
  danger: 'reads',
  load: () => import('../verbs/logs.ts'),
}
