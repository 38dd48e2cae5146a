import { z } from 'zod'
import { describeWanted } from '../wanted.ts'
import { connectionLimit, identifier, secretReference, settings } from './values.ts'

const timeWithZone = z.iso.datetime({ offset: true }).register(describeWanted, {
  phrase: 'a time with its zone as in RFC 3339, such as 2027-01-31T00:00:00Z',
  shown: true,
})

/** One role that can log in. */
export const roleSchema = z.strictObject({
  access: z
    .enum(['owner', 'readwrite', 'readonly', 'admin', 'monitor'])
    .describe(
      '`owner`: owns the databases that name it and changes their tables. `readwrite`: reads and writes data. `readonly`: reads data. `admin`: maintains all objects, is no superuser. `monitor`: sees statistics and health, no data.',
    ),
  databases: z
    .array(identifier)
    .optional()
    .describe('Databases the role may connect to. Left out: all that the spec declares.'),
  password: secretReference
    .default({ generated: true })
    .describe(
      'Where the password comes from: `{generated: true}`, `{env: NAME}` or `{file: path}`. The password itself never stands in the spec.',
    ),
  connectionLimit: connectionLimit
    .default(-1)
    .describe('Sessions of this role at the same time; -1 is no limit.'),
  settings: settings
    .default({})
    .describe(
      'Settings of sessions of this role (ALTER ROLE ... SET), such as `idle_session_timeout: 15min`.',
    ),
  validUntil: timeWithZone
    .optional()
    .describe(
      'Time after which the password no longer works, with its zone (RFC 3339): `2027-01-31T00:00:00Z`.',
    ),
})
