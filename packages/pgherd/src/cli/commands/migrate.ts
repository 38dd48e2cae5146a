import type { Command } from '../command.ts'

export const migrate: Command = {
  name: 'migrate',
  summary:
    'change the schema by numbered SQL files: up, down, status, new, verify, repair, baseline, lint, diff, rehearse',
  args: '<action> [words...]',
  options: [
    { flags: '--dir <dir>', description: 'where the files are; migrations/ beside the spec when left out' },
    { flags: '--database <database>', description: 'which database; the first one declared when left out' },
    {
      flags: '--to <version>',
      description: 'up, rehearse: the last version to apply; down: the one that stays',
    },
    {
      flags: '--dry-run',
      description: 'up, down, rehearse: print the SQL that would be run, and run nothing',
    },
    {
      flags: '--schema <file>',
      description: 'diff: the SQL file to reach; schema.sql beside the spec when left out',
    },
    {
      flags: '--ignore-schema <list>',
      description: 'diff: schemas that are left out, separated by commas',
    },
    { flags: '--out-of-order', description: 'run what lies before a migration that is applied' },
    { flags: '--ahead', description: 'accept a database that is ahead of the files' },
    { flags: '--gaps', description: 'accept numbers that are missing among the files' },
  ],
  example: 'pgherd migrate up --dry-run',
  danger: 'changes',
  load: () => import('../verbs/migrate.ts'),
}
