import pg from 'pg'
import type { BackupsSpec } from '../../spec/schema.ts'
import { readerRole } from '../restore/temporary-server.ts'

export type UserCheck = BackupsSpec['proof']['checks'][number]

/** Type number of boolean (pg_type.dat), which the wire shows as `t` where SQL's text form is `true`. */
const booleanType = 16

/**
 * A role for the user's own checks on the copy: it reads all rows and can do nothing else, so that functions a check
 * calls cannot act as superuser. `client` is a superuser of the copy.
 */
export async function createReader(client: pg.Client): Promise<void> {
  const { rows } = await client.query(`select from pg_catalog.pg_roles where rolname = $1`, [readerRole])
  if (rows.length === 0)
    await client.query(`create role ${readerRole} login bypassrls in role pg_read_all_data`)
}

/** Lets the reader into the database that `client` is connected to. */
export async function admitReader(client: pg.Client): Promise<void> {
  await client.query(
    `do $$ begin execute pg_catalog.format('grant connect on database %I to ${readerRole}', pg_catalog.current_database()); end $$`,
  )
}

/** Runs one check of the spec; `client` is the reader. Gives whether the result was as expected, and how it was. */
export async function runUserCheck(
  client: pg.Client,
  check: UserCheck,
  timeoutSeconds: number,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  await client.query(`set statement_timeout = ${Math.ceil(timeoutSeconds * 1000)}`)
  await client.query('begin read only')
  try {
    // The extended protocol takes exactly one statement.
    const query = {
      text: check.sql,
      rowMode: 'array',
      queryMode: 'extended',
      types: { getTypeParser: () => asText },
    }
    const { rows, fields } = await client.query<unknown[]>(query as pg.QueryArrayConfig)
    const [row] = rows
    if (rows.length !== 1 || row?.length !== 1) {
      return {
        ok: false,
        detail: `"${check.sql}" gave ${rows.length} rows of ${fields.length} columns instead of one value`,
      }
    }
    const value = textOf(row[0], fields[0]?.dataTypeID)
    const ok = value === check.expect
    return { ok, detail: ok ? `gave ${value} as expected` : `gave ${value} instead of ${check.expect}` }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    return { ok: false, detail: `failed: ${error.message}` }
  } finally {
    await client.query('rollback')
  }
}

function asText(value: unknown): unknown {
  return value
}

function textOf(value: unknown, type: number | undefined): string {
  if (value === null || value === undefined) return 'NULL'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (type !== booleanType) return text
  return text === 't' ? 'true' : 'false'
}
