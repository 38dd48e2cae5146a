import pg from 'pg'
import { estimateTables, isOfUser, measureTables, quoted } from './user-tables.ts'
import type { LeftOut, TableName, UserTable } from './user-tables.ts'

export interface Lockable {
  readonly tables: readonly UserTable[]
  readonly leftOut: readonly LeftOut[]
}

/** Locks waiting longer than this hold up nobody: the table is left out instead. */
const lockTimeoutMs = 500

/**
 * Which of the tables can be locked now, and how large they are: each is tried, briefly and in a transaction of its own.
 * No more than a quarter of the shared lock table is taken, so that a database with very many tables does not run out
 * of it.
 */
export async function findLockable(client: pg.Client, tables: readonly TableName[]): Promise<Lockable> {
  await client.query(`set lock_timeout = ${lockTimeoutMs}`)
  const { rows } = await client.query<{ room: number }>(
    `select (current_setting('max_locks_per_transaction')::bigint * current_setting('max_connections')::bigint / 4)::float8 as room`,
  )
  const within = tables.slice(0, rows[0]?.room ?? 0)
  const tooMany = 'too many tables for the lock table (max_locks_per_transaction)'
  const leftOut: LeftOut[] = [...(await leaveOut(client, tables.slice(within.length), tooMany))]
  const together = await measureLocked(client, within)
  if (together) return { tables: together, leftOut }
  const lockable: UserTable[] = []
  const locked: TableName[] = []
  for (const table of within) {
    const measured = await measureLocked(client, [table])
    if (measured) lockable.push(...measured)
    else locked.push(table)
  }
  leftOut.push(...(await leaveOut(client, locked, 'locked by another session, or just dropped')))
  return { tables: lockable.sort((one, other) => one.bytes - other.bytes), leftOut }
}

/** Tables that cannot be held, with their sizes: as far as they are known without a lock when one is locked just now. */
export async function leaveOut(
  client: pg.Client,
  tables: readonly TableName[],
  reason: string,
): Promise<readonly LeftOut[]> {
  if (tables.length === 0) return []
  const sized = await measureTables(client, tables).catch((error: unknown) => {
    if (error instanceof pg.DatabaseError) return estimateTables(client, tables)
    throw error
  })
  return sized.map((table) => ({
    table: quoted(table),
    reason,
    bytes: table.bytes,
    needed: isOfUser(table),
  }))
}

async function measureLocked(
  client: pg.Client,
  tables: readonly TableName[],
): Promise<readonly UserTable[] | undefined> {
  await client.query('begin')
  try {
    await lockTables(client, tables)
    return await measureTables(client, tables)
  } catch (error) {
    if (error instanceof pg.DatabaseError) return undefined
    throw error
  } finally {
    await client.query('rollback')
  }
}

/**
 * ACCESS SHARE, the lock of a plain SELECT: writers go on, while TRUNCATE, DROP and rewriting, which a snapshot does
 * not protect against, have to wait. Takes no snapshot (PostgreSQL docs, LOCK). Inside an open transaction.
 */
export async function lockTables(client: pg.Client, tables: readonly TableName[]): Promise<void> {
  if (tables.length === 0) return
  const list = tables.map((table) => `only ${quoted(table)}`).join(', ')
  await client.query(`lock table ${list} in access share mode`)
}
