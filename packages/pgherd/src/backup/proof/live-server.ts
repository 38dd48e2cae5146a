import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'
import type { Repository } from '../repository.ts'
import { adminSession } from '../restore/admin-session.ts'
import { Heartbeat } from './heartbeat.ts'

/** How to reach the live server as superuser. */
export type LiveAddress = (database: string) => pg.ClientConfig

/** The live server during a proof. */
export class LiveServer implements AsyncDisposable {
  readonly #address: LiveAddress
  readonly heartbeat: Heartbeat
  readonly systemId: string
  readonly preload: string

  private constructor(address: LiveAddress, heartbeat: Heartbeat, systemId: string, preload: string) {
    this.#address = address
    this.heartbeat = heartbeat
    this.systemId = systemId
    this.preload = preload
  }

  /** Undefined when no server answers there, or one that takes no writes. */
  static async reach(address: LiveAddress): Promise<LiveServer | undefined> {
    const client = await connect(address, 'postgres').catch(() => undefined)
    if (!client) return undefined
    const { rows } = await client.query<{ id: string; preload: string; writable: boolean }>(
      `select system_identifier::text as id, current_setting('shared_preload_libraries') as preload,
              not pg_is_in_recovery() as writable
       from pg_control_system()`,
    )
    const [row] = rows
    if (!row?.writable) {
      await client.end()
      return undefined
    }
    const heartbeat = new Heartbeat(client)
    return new LiveServer(address, heartbeat, row.id, row.preload)
  }

  connect(database: string): Promise<pg.Client> {
    return connect(this.#address, database)
  }

  /** Server clock, RFC 3339. */
  async now(): Promise<string> {
    const { rows } = await this.heartbeat.client.query<{ now: Date }>('select clock_timestamp() as now')
    return (rows[0]?.now ?? new Date()).toISOString()
  }

  /**
   * Waits until WAL up to a position is in the repository: the receiver has confirmed it to the server, or noted it
   * in the repository. Gives whether that happened in time.
   */
  async waitForArchived(
    lsn: Lsn,
    repository: Repository,
    seconds: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    for (const deadline = performance.now() + seconds * 1000; performance.now() < deadline; await sleep(50)) {
      signal.throwIfAborted()
      const { rows } = await this.heartbeat.client.query<{ there: boolean }>(
        `select coalesce(max(flush_lsn) >= $1::pg_lsn, false) as there
         from pg_catalog.pg_stat_replication where application_name = 'pgherd_wal'`,
        [formatLsn(lsn)],
      )
      if (rows[0]?.there === true) return true
      const { position } = await repository.wal()
      if (position && parseLsn(position.lsn) >= lsn) return true
    }
    return false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.heartbeat.client.end().catch(() => undefined)
  }
}

async function connect(address: LiveAddress, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    application_name: 'pgherd_proof',
    connectionTimeoutMillis: 5000,
    options: adminSession,
    ...address(database),
  })
  // Errors of a connection that nobody waits for come up again at its next query.
  client.on('error', () => undefined)
  await client.connect()
  return client
}
