import type { Command } from '../command.ts'

export const psql: Command = {
  name: 'psql',
  summary: 'open psql as a role, or as superuser with --admin',
  args: '[arguments...]',
  options: [
    { flags: '--role <role>', description: 'which role; the first one declared when left out' },
    { flags: '--database <database>', description: 'which database' },
    { flags: '--admin', description: 'as superuser over the local socket' },
  ],
  example: "pgherd psql --role app -- -c 'select 1'",
  danger: 'reads',
  prints: 'value',
  load: () => import('../verbs/psql.ts'),
}
