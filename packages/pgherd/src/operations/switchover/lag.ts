import type { ReadHost } from '../../hosts/host.ts'
import { rowsOf } from '../cluster-operation.ts'

/**
 * Bytes of WAL a standby has still to replay, as its primary sees it (pg_stat_replication: Patroni's standbys carry their
 * name as application_name); undefined when it does not stream.
 */
export async function replayLag(primary: ReadHost, standby: string): Promise<number | undefined> {
  const rows = await rowsOf(
    primary,
    `SELECT application_name AS name, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::text AS behind
       FROM pg_stat_replication WHERE state = 'streaming'`,
  )
  const row = rows.find(({ name }) => name === standby)
  return row?.['behind'] === undefined || row['behind'] === null ? undefined : Number(row['behind'])
}

/** A session that keeps the pools from draining. */
export interface Blocker {
  readonly pid: number
  readonly database: string
  readonly user: string
  readonly application: string
  readonly state: string
  /** Age of its transaction in seconds. */
  readonly seconds: number
}

/** Transactions of users that have been open for at least so many seconds, the oldest first. */
export async function openTransactions(primary: ReadHost, seconds: number): Promise<readonly Blocker[]> {
  const rows = await rowsOf(
    primary,
    `SELECT pid, datname AS database, usename AS user, coalesce(application_name, '') AS application, state,
            extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds
       FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
        AND usename NOT LIKE 'pgherd\\_%' AND clock_timestamp() - xact_start >= make_interval(secs => ${seconds})
      ORDER BY xact_start LIMIT 20`,
  )
  return rows.map((row) => ({
    pid: Number(row['pid']),
    database: String(row['database']),
    user: String(row['user']),
    application: String(row['application']),
    state: String(row['state']),
    seconds: Math.round(Number(row['seconds']) * 10) / 10,
  }))
}
