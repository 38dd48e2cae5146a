import { z } from 'zod'
import { describeWanted } from '../wanted.ts'

/** An identifier PostgreSQL can hold; its length in bytes is checked by rules/name-unusable.ts (NAMEDATALEN, src/include/pg_config_manual.h). */
export const identifier = z.string().min(1)

/** Where a secret comes from. The spec never holds the secret itself. */
export const secretReference = z
  .union([
    z.strictObject({
      generated: z
        .literal(true)
        .describe('pgherd makes a random secret once and keeps it in the state directory, mode 0600.'),
    }),
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .describe('Name of the environment variable that holds the secret when `pgherd up` runs.'),
    }),
    z.strictObject({
      file: z
        .string()
        .min(1)
        .describe('File that holds the secret; relative to the spec. A newline at its end is left out.'),
    }),
  ])
  .register(describeWanted, {
    phrase: 'a reference: {generated: true}, {env: NAME} or {file: path}',
    shown: false,
    secret: true,
  })

/** A setting value as PostgreSQL writes it: text, number or boolean; text after parsing. */
const settingValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((value): string => (typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)))

/** Server settings by name, as in postgresql.conf. */
export const settings = z.record(z.string().min(1), settingValue)

/** A schedule in cron syntax; rules/schedule-invalid.ts checks that it is one. */
export const cron = z.string().min(1)

/** A range of addresses. */
export const cidr = z.union([z.cidrv4(), z.cidrv6()]).register(describeWanted, {
  phrase:
    'a range of addresses with its prefix length, such as 10.0.0.0/8 or fd00::/8; one address is 192.0.2.7/32',
  shown: true,
})

export const port = z.number().int().min(1).max(65535)

/** Sessions at the same time; -1 is no limit, as PostgreSQL has it. */
export const connectionLimit = z.number().int().min(-1).max(262143)
