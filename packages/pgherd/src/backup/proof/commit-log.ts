import type pg from 'pg'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import type { Commit } from './commit-order.ts'

interface Row {
  readonly xid: string
  readonly start: string
  readonly end: string
  readonly read_to: string
}

/** Reads the commit records of the live server in WAL order, each once, with the extension pg_walinspect. */
export class CommitLog {
  readonly #client: pg.Client
  readonly #records: string
  #readTo: Lsn
  #commits: Commit[] = []
  /** Where reading began: commits before it are not known. */
  readonly since: Lsn

  private constructor(client: pg.Client, records: string, since: Lsn) {
    this.#client = client
    this.#records = records
    this.#readTo = since
    this.since = since
  }

  /** From here on. Creates the extension in schema pgherd of the maintenance database when it is nowhere yet. */
  static async open(client: pg.Client): Promise<CommitLog> {
    const found = await CommitLog.#find(client)
    if (found) return found
    await client.query('create schema if not exists pgherd')
    await client.query('create extension if not exists pg_walinspect with schema pgherd')
    const created = await CommitLog.#find(client)
    if (!created) throw new Error('pg_walinspect has just been created')
    return created
  }

  static async #find(client: pg.Client): Promise<CommitLog | undefined> {
    const { rows } = await client.query<{ records: string; since: string }>(
      `select pg_catalog.format('%I.pg_get_wal_records_info', n.nspname) as records,
              pg_catalog.pg_current_wal_insert_lsn()::text as since
       from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
       where e.extname = 'pg_walinspect'`,
    )
    const [row] = rows
    return row && new CommitLog(client, row.records, parseLsn(row.since))
  }

  /**
   * Every commit known after reading on to what is flushed now. Ask after a commit of your own, so that there is
   * something to read and everything before it is flushed. The record of COMMIT PREPARED names the transaction in
   * its description, since the session that runs it has no number (xact_desc_commit in xactdesc.c).
   */
  async readOn(): Promise<readonly Commit[]> {
    const { rows } = await this.#client.query<Row>(
      `with records as materialized (
         select * from ${this.#records}($1::pg_lsn, pg_catalog.pg_current_wal_flush_lsn()))
       select case when record_type = 'COMMIT_PREPARED' then split_part(description, ':', 1) else xid::text end as xid,
              start_lsn::text as start, end_lsn::text as "end", (select max(end_lsn) from records)::text as read_to
       from records
       where resource_manager = 'Transaction' and record_type in ('COMMIT', 'COMMIT_PREPARED')
       order by start_lsn`,
      [formatLsn(this.#readTo)],
    )
    for (const row of rows) {
      this.#commits.push({ xid: BigInt(row.xid), start: parseLsn(row.start), end: parseLsn(row.end) })
      this.#readTo = parseLsn(row.read_to)
    }
    return this.#commits
  }

  /**
   * Transactions that have written their commit record and wait for a synchronous standby to confirm it. They are
   * still listed as running, for as long as the standby takes.
   */
  async awaitingConfirmation(): Promise<readonly bigint[]> {
    const { rows } = await this.#client.query<{ xid: string }>(
      `select backend_xid::text as xid from pg_catalog.pg_stat_activity
       where wait_event = 'SyncRep' and backend_xid is not null`,
    )
    return rows.map((row) => BigInt(row.xid))
  }
}
