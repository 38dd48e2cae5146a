import type { Command } from '../command.ts'

export const url: Command = {
  name: 'url',
  summary: 'print the connection URL of a role, or of Redis',
  options: [
    { flags: '--role <role>', description: 'which role; the first one declared when left out' },
    {
      flags: '--database <database>',
      description: 'which database; the first one of the role when left out',
    },
    {
      flags: '--component <name>',
      description: 'that of redis or haproxy (its statistics) instead of PostgreSQL',
    },
  ],
  example: 'psql "$(pgherd url --role app)"',
  danger: 'reads',
  prints: 'value',
  load: () => import('../verbs/url.ts'),
}
