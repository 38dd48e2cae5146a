import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { CommitLog } from './commit-log.ts'
import { alignedRange, parseSnapshot, widen, type LsnRange, type VisibilitySnapshot } from './commit-order.ts'
import type { Heartbeat } from './heartbeat.ts'
import { findLockable, leaveOut, lockTables } from './lock-tables.ts'
import { fixTextForms } from './digest.ts'
import { listUserTables, type LeftOut, type UserTable } from './user-tables.ts'

/** An open transaction whose snapshot equals what a standby sees when replay stops within `range`. */
export interface AlignedSnapshot {
  readonly range: LsnRange
  readonly snapshot: VisibilitySnapshot
  readonly tables: readonly UserTable[]
  readonly leftOut: readonly LeftOut[]
  readonly tries: number
}

const mostTries = 400

/**
 * Opens a transaction on `client` whose snapshot coincides with a known stretch of the WAL, without holding up
 * writers; docs/decisions/proof-point.md explains why this needs care and why it is right. Snapshots are cheap, so one
 * that is not aligned is thrown away and another one taken. Undefined when none was aligned after 400 tries; the
 * transaction is then closed.
 */
export async function alignSnapshot(
  client: pg.Client,
  heartbeat: Heartbeat,
  signal: AbortSignal,
): Promise<AlignedSnapshot | undefined> {
  await fixTextForms(client)
  const listed = await listUserTables(client)
  let lockable = await findLockable(client, listed.tables)
  const views = await leaveOut(client, listed.views, 'materialized view: it can be refreshed at any moment')
  const outside = [...listed.leftOut, ...views.map((view) => ({ ...view, needed: false }))]
  const log = await CommitLog.open(heartbeat.client)
  // A commit of ours is flushed only after every record before it. What had its record before `log.since` has
  // therefore been flushed too and is about to leave the list of running transactions, unless it waits for a standby.
  await heartbeat.beat()
  await sleep(20)
  for (let tries = 1; tries <= mostTries; tries++) {
    signal.throwIfAborted()
    const held = await log.awaitingConfirmation()
    const snapshot = await takeSnapshot(client, lockable.tables)
    if (snapshot) {
      await heartbeat.beat()
      const commits = await log.readOn()
      const known = new Set(commits.map((commit) => commit.xid))
      const stuck = held.some((xid) => !known.has(xid) && snapshot.running.has(widen(xid, snapshot.xmax)))
      const range = stuck ? undefined : alignedRange(snapshot, commits, log.since)
      if (range) {
        return {
          range,
          snapshot,
          tables: lockable.tables,
          leftOut: [...outside, ...lockable.leftOut],
          tries,
        }
      }
    }
    await client.query('rollback')
    if (!snapshot) lockable = await findLockable(client, listed.tables)
    await sleep(tries % 10)
  }
  return undefined
}

/** The snapshot of a new transaction that holds the tables; undefined when one of them is locked just now. */
async function takeSnapshot(
  client: pg.Client,
  tables: readonly UserTable[],
): Promise<VisibilitySnapshot | undefined> {
  await client.query('begin isolation level repeatable read read only')
  try {
    await lockTables(client, tables)
  } catch (error) {
    if (error instanceof pg.DatabaseError) return undefined
    throw error
  }
  const { rows } = await client.query<{ snapshot: string }>(
    'select pg_catalog.pg_current_snapshot()::text as snapshot',
  )
  return parseSnapshot(rows[0]?.snapshot ?? '')
}
