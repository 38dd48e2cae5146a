import { BitemporalError } from '../errors/bitemporal-error.ts'

export const defaultSchema = 'bitemporal'

/** Throws INVALID_OPTION when the name could not stand in SQL as it is. */
export function checkSchemaName(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(schema) && !schema.startsWith('pg_')) return schema
  throw new BitemporalError('INVALID_OPTION', {
    detail: `schema ${JSON.stringify(schema)} is not of lower-case letters, digits and underscores, 63 at most, or begins with pg_`,
    why: 'the name stands in the text of functions',
    mend: 'Choose a name like `bitemporal` or `billing_facts`.',
  })
}
