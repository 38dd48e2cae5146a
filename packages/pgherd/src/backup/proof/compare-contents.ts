import pg from 'pg'
import { digestTable, fixTextForms, sameDigest } from './digest.ts'
import { together, type RecordedDatabase, type RecordedTable } from './record-contents.ts'
import { isOfUser, quoted, type LeftOut } from './user-tables.ts'

export interface Comparison {
  readonly tables: number
  readonly rows: number
  /** Bytes that were read and compared. */
  readonly bytes: number
  /** Bytes of every table that a restore must bring back: a table left out counts here and not there. */
  readonly ofBytes: number
  /** Nothing of the user's was compared although there was something. */
  readonly emptyHanded: boolean
  /** Tables that differ or could not be read, in words. */
  readonly differences: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

/** A copy that reads slower than the live server is given this much longer. */
const patienceMs = 600_000

/**
 * Compares a restored database, replayed to where its contents were recorded, with what was recorded. The caller makes
 * sure that `client` sees the database at a position within the recorded range, and that replay stands still.
 */
export async function compareContents(client: pg.Client, recorded: RecordedDatabase): Promise<Comparison> {
  const { database, tables, leftOut } = recorded
  await fixTextForms(client)
  await client.query(`set statement_timeout = ${patienceMs}`)
  await client.query('set lock_timeout = 5000')
  const overtaken = await overtakingCommit(client, recorded)
  if (overtaken !== undefined) {
    const reason = `transaction ${overtaken} hung between writing its commit and becoming visible`
    return notCompared(recorded, reason)
  }
  const differences: string[] = []
  for (const table of tables) {
    const difference = await compareTable(client, table)
    if (difference !== undefined) differences.push(`${database}: table ${quoted(table)} ${difference}`)
  }
  return {
    tables: tables.length,
    rows: tables.reduce((sum, table) => sum + Number(table.digest.rows), 0),
    bytes: tables.reduce((sum, table) => sum + (table.bytes * table.percent) / 100, 0),
    ofBytes: [...tables, ...leftOut].reduce((sum, each) => sum + each.bytes, 0),
    emptyHanded: leftOut.some((each) => each.needed && each.bytes > 0) && !tables.some(showsContents),
    differences,
    leftOut: leftOut.map((each) => ({ ...each, table: `${database}: ${each.table}` })),
  }
}

/** A database of which nothing could be compared, with the reason. */
export function notCompared({ database, tables, leftOut }: RecordedDatabase, reason: string): Comparison {
  const parts = [...tables.map((table) => ({ ...table, needed: isOfUser(table) })), ...leftOut]
  const whole = together(database, reason, parts)
  return {
    tables: 0,
    rows: 0,
    bytes: 0,
    ofBytes: whole.bytes,
    emptyHanded: whole.needed,
    differences: [],
    leftOut: [whole],
  }
}

/** A sample may have met no row at all. */
function showsContents(table: RecordedTable): boolean {
  return isOfUser(table) && (table.percent < 100 ? Number(table.digest.rows) > 0 : table.bytes > 0)
}

async function compareTable(client: pg.Client, table: RecordedTable): Promise<string | undefined> {
  try {
    const digest = await digestTable(client, table, table.percent)
    if (sameDigest(digest, table.digest)) return undefined
    const share = table.percent < 100 ? ` in a sample of ${table.percent} %` : ''
    return digest.rows === table.digest.rows
      ? `has ${digest.rows} rows as it should, with other contents${share}`
      : `has ${digest.rows} rows instead of ${table.digest.rows}${share}`
  } catch (error) {
    if (error instanceof pg.DatabaseError) return `cannot be read: ${error.message}`
    throw error
  }
}

/**
 * A transaction that the live snapshot took for running although its commit record lies before the position: it hung
 * for longer than `alignSnapshot` looked back. The comparison would then report a difference that is none.
 */
async function overtakingCommit(
  client: pg.Client,
  { snapshot }: RecordedDatabase,
): Promise<string | undefined> {
  const { rows } = await client.query<{ xid: string }>(
    `select xid::text as xid from pg_catalog.unnest($1::xid8[]) as running(xid)
     where pg_catalog.pg_visible_in_snapshot(xid, pg_catalog.pg_current_snapshot())
       and pg_catalog.pg_xact_status(xid) = 'committed'`,
    [[...snapshot.running].map(String)],
  )
  return rows[0]?.xid
}
