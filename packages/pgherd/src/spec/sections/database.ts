import { z } from 'zod'
import { connectionLimit, identifier, settings } from './values.ts'

/** One database. */
export const databaseSchema = z.strictObject({
  owner: identifier.describe(
    'Role that owns the database and everything in it; one of `roles` with `access: owner`.',
  ),
  extensions: z.array(identifier).default([]).describe('Extensions to create, such as `pg_trgm`.'),
  schemas: z.array(identifier).default([]).describe('Schemas to create beside `public`, owned by the owner.'),
  encoding: z
    .string()
    .default('UTF8')
    .describe('Character encoding. Cannot be changed once the database exists.'),
  locale: z
    .string()
    .optional()
    .describe(
      'A libc locale such as `de_DE.UTF-8`. Left out: C.UTF-8, sorting by code point, the same on every machine. Cannot be changed once the database exists.',
    ),
  connectionLimit: connectionLimit
    .default(-1)
    .describe('Sessions in this database at the same time; -1 is no limit.'),
  settings: settings.default({}).describe('Settings of sessions in this database (ALTER DATABASE ... SET).'),
})
