import pg from 'pg'
import type { Lsn } from '../lsn.ts'
import { alignSnapshot, type AlignedSnapshot } from './aligned-snapshot.ts'
import type { LsnRange, VisibilitySnapshot } from './commit-order.ts'
import { digestTable, type TableDigest } from './digest.ts'
import type { Heartbeat } from './heartbeat.ts'
import { leaveOut } from './lock-tables.ts'
import { LockWaiters } from './lock-waiters.ts'
import { ReadingPace } from './reading-pace.ts'
import { isOfUser, listDatabases, listUserTables, quoted } from './user-tables.ts'
import type { LeftOut, TableName, UserTable } from './user-tables.ts'

export interface RecordedTable extends TableName {
  readonly bytes: number
  /** Share of the table that was read, in percent. */
  readonly percent: number
  readonly digest: TableDigest
}

/** What one database held at a known stretch of the WAL. */
export interface RecordedDatabase {
  readonly database: string
  readonly range: LsnRange
  readonly snapshot: VisibilitySnapshot
  readonly tables: readonly RecordedTable[]
  readonly leftOut: readonly LeftOut[]
}

export interface RecordedContents {
  readonly databases: readonly RecordedDatabase[]
  /** Databases that could not be recorded, and why. */
  readonly unrecorded: readonly LeftOut[]
  /** The newest position that replay has to reach for the comparison. */
  readonly upTo: Lsn
}

export interface RecordOptions {
  /** A connection to a database of the live server as superuser. */
  readonly connect: (database: string) => Promise<pg.Client>
  readonly heartbeat: Heartbeat
  readonly budgetSeconds: number
  readonly signal: AbortSignal
}

/**
 * Records on the live server what every table of every database holds, each database at a WAL position of its own:
 * the copy is stopped at one after the other. Databases share the time budget by size.
 */
export async function recordContents(options: RecordOptions): Promise<RecordedContents> {
  const all = await listDatabases(options.heartbeat.client)
  const databases: RecordedDatabase[] = []
  const unrecorded: LeftOut[] = []
  const end = performance.now() + options.budgetSeconds * 1000
  let bytesLeft = all.reduce((sum, each) => sum + each.bytes, 0)
  const pace = new ReadingPace()
  for (const database of all.toSorted((one, other) => one.bytes - other.bytes)) {
    const { bytes } = database
    const share = bytesLeft > 0 ? bytes / bytesLeft : 1
    bytesLeft -= bytes
    const deadline = performance.now() + Math.max(0, end - performance.now()) * share
    const recorded = await recordDatabase(options, database, pace, deadline)
    if ('reason' in recorded) unrecorded.push(recorded)
    else databases.push(recorded)
  }
  const order = databases.toSorted((one, other) => (one.range.to < other.range.to ? -1 : 1))
  return { databases: order, unrecorded, upTo: order.at(-1)?.range.to ?? 0n }
}

async function recordDatabase(
  { connect, heartbeat, signal }: RecordOptions,
  { name: database, bytes }: { readonly name: string; readonly bytes: number },
  pace: ReadingPace,
  deadline: number,
): Promise<RecordedDatabase | LeftOut> {
  let client: pg.Client
  try {
    client = await connect(database)
  } catch (error) {
    return {
      table: database,
      reason: `no connection: ${(error as Error).message}`,
      bytes,
      needed: true,
    }
  }
  try {
    const aligned = await alignSnapshot(client, heartbeat, signal)
    if (!aligned) {
      const reason =
        'no snapshot coincided with a WAL position in 400 tries: commits overtake each other all the time'
      const tables = await leaveOut(client, (await listUserTables(client)).tables, reason)
      return together(database, reason, tables)
    }
    const { tables, leftOut } = await digestAll(client, heartbeat.client, aligned, pace, deadline, signal)
    await client.query('rollback')
    return {
      database,
      range: aligned.range,
      snapshot: aligned.snapshot,
      tables,
      leftOut: [...aligned.leftOut, ...leftOut],
    }
  } finally {
    await client.end()
  }
}

async function digestAll(
  client: pg.Client,
  watcher: pg.Client,
  aligned: AlignedSnapshot,
  pace: ReadingPace,
  deadline: number,
  signal: AbortSignal,
): Promise<{ tables: RecordedTable[]; leftOut: LeftOut[] }> {
  const tables: RecordedTable[] = []
  const leftOut: LeftOut[] = []
  await using waiters = await LockWaiters.watch(client, watcher)
  let others = aligned.tables.reduce((sum, table) => sum + table.bytes, 0)
  for (const table of aligned.tables) {
    signal.throwIfAborted()
    others -= table.bytes
    const percent = pace.percent(table.bytes, others, (deadline - performance.now()) / 1000)
    if (waiters.someone) leftOut.push(without(table, 'another session was waiting to change a table'))
    else if (percent === 0) leftOut.push(without(table, 'no time left in backups.proof.budget'))
    else {
      const recorded = await digestOne(client, table, percent, pace, deadline)
      if ('reason' in recorded) leftOut.push(recorded)
      else tables.push(recorded)
    }
  }
  return { tables, leftOut }
}

/** Longest overrun of the budget by one table whose rows take longer to read than those before, twice at most. */
const graceMs = 2000

/** By this much less is read of a table that took too long. */
const muchLess = 20

/** A small sample of a table that takes longer than was guessed is worth more than nothing of it. */
async function digestOne(
  client: pg.Client,
  table: UserTable,
  percent: number,
  pace: ReadingPace,
  deadline: number,
): Promise<RecordedTable | LeftOut> {
  const first = await digestWithin(client, table, percent, pace, deadline)
  if (first !== 'out of time') return first
  const less = Math.max(0.01, Math.floor((percent * 100) / muchLess) / 100)
  const second = await digestWithin(client, table, less, pace, deadline)
  return second === 'out of time' ? without(table, 'no time left in backups.proof.budget') : second
}

async function digestWithin(
  client: pg.Client,
  table: UserTable,
  percent: number,
  pace: ReadingPace,
  deadline: number,
): Promise<RecordedTable | LeftOut | 'out of time'> {
  const began = performance.now()
  const timeoutMs = Math.ceil(Math.max(0, deadline - began) + graceMs)
  await client.query(`savepoint pgherd_table`)
  await client.query(`set local statement_timeout = ${timeoutMs}`)
  try {
    const digest = await digestTable(client, table, percent)
    pace.measured((table.bytes * percent) / 100, (performance.now() - began) / 1000)
    await client.query('release savepoint pgherd_table')
    return { ...table, percent, digest }
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    await client.query('rollback to savepoint pgherd_table')
    // a cancellation before its time is by LockWaiters: somebody waits for the table
    if (error.code === '57014' && performance.now() - began >= timeoutMs) return 'out of time'
    return without(table, `it could not be read on the live server: ${error.message}`)
  }
}

/** A whole database that is left out, from what it holds. */
export function together(
  database: string,
  reason: string,
  parts: readonly Pick<LeftOut, 'bytes' | 'needed'>[],
): LeftOut {
  const bytes = parts.reduce((sum, each) => sum + each.bytes, 0)
  return { table: database, reason, bytes, needed: parts.some((each) => each.needed && each.bytes > 0) }
}

function without(table: UserTable, reason: string): LeftOut {
  return { table: quoted(table), reason, bytes: table.bytes, needed: isOfUser(table) }
}
