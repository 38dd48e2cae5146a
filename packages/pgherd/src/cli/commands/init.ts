import type { Command } from '../command.ts'

export const init: Command = {
  name: 'init',
  summary: 'write a commented starter spec',
  options: [
    { flags: '--name <name>', description: 'name of the database, from the directory when left out' },
    { flags: '--dry-run', description: 'print the spec and write nothing' },
  ],
  example: 'pgherd init --name shop',
  danger: 'changes',
  load: () => import('../verbs/init.ts'),
}
