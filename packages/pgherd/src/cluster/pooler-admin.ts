import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { traitsOf } from '../components/pgbouncer/versions.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { PoolView } from '../plan/cluster-view.ts'
import type { ClusterAccess } from './access.ts'
import { connectTo } from './connect.ts'
import { cut } from './session.ts'

/** Role of PgBouncer's own sessions, which is also its administrator. */
export const poolerAccount = { user: 'pgherd_pooler', secret: 'role-pgherd_pooler' }

export interface PoolerOptions {
  /** How long connecting and each command may take, in milliseconds; PAUSE has its own deadline. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A client or server session of PgBouncer (SHOW CLIENTS). */
export interface PoolerClient {
  readonly database: string
  readonly user: string
  /** active, waiting, idle. */
  readonly state: string
  readonly address: string
}

type Row = Readonly<Record<string, unknown>>

/** PgBouncer's own database, which holds its console. */
const console = 'pgbouncer'

/**
 * PgBouncer's administration console (https://www.pgbouncer.org/usage.html#admin-console). Throws DiagnosticError
 * POOLER_UNREACHABLE when it does not answer, POOLER_REFUSED with its own words.
 */
export class PoolerAdmin implements AsyncDisposable {
  readonly #access: ClusterAccess
  readonly #client: pg.Client
  readonly #options: PoolerOptions

  private constructor(access: ClusterAccess, client: pg.Client, options: PoolerOptions) {
    this.#access = access
    this.#client = client
    this.#options = options
  }

  static async connect(access: ClusterAccess, options: PoolerOptions = {}): Promise<PoolerAdmin> {
    return new PoolerAdmin(access, await openConsole(access, options), options)
  }

  /**
   * Lets open transactions end and holds the clients of every database back. PAUSE itself waits without limit, so past
   * the deadline (milliseconds), or when the signal is aborted, the pools are resumed, and the transactions it waited
   * for survive. Throws DiagnosticError POOLS_BUSY then, or the signal's reason.
   *
   * Database by database, because SHOW DATABASES tells only of those: before SHOW STATE (PgBouncer 1.19) a plain PAUSE
   * leaves no trace. Each in a session of its own, since a PAUSE that was called off is never answered (seen with 1.18).
   */
  async pause(deadlineMs: number, signal = this.#options.signal): Promise<void> {
    const databases = (await this.#databases()).map(({ name }) => name)
    const opened = await Promise.allSettled(databases.map(() => openConsole(this.#access, this.#options)))
    const sessions = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    try {
      for (const each of opened) if (each.status === 'rejected') throw each.reason
      signal?.throwIfAborted()
      const ends = new AbortController()
      const late = sleep(deadlineMs, 'late' as const, {
        signal: signal ? AbortSignal.any([signal, ends.signal]) : ends.signal,
      })
      const paused = Promise.all(
        sessions.map((each, index) => each.query(`PAUSE ${quoted(databases[index] ?? '')}`)),
      )
      try {
        if ((await Promise.race([paused, late])) === 'late') throw poolsBusy(deadlineMs)
      } catch (error) {
        await this.#resumeByAnyMeans()
        signal?.throwIfAborted()
        throw error instanceof DiagnosticError ? error : refused('PAUSE', error)
      } finally {
        ends.abort()
        for (const promise of [paused, late]) promise.catch(() => undefined)
      }
    } finally {
      // what is paused stays paused without the session that asked for it
      for (const each of sessions) cut(each)
    }
  }

  /** Lets the clients of every database go on; no error when nothing was paused. */
  async resume(): Promise<void> {
    // first what somebody paused as a whole by hand
    for (const command of [
      'RESUME',
      ...(await this.pausedDatabases()).map((name) => `RESUME ${quoted(name)}`),
    ]) {
      try {
        await this.#rows(command)
      } catch (error) {
        if (!/not paused/i.test(messageOf(error))) throw error
      }
    }
  }

  /** Closes server sessions as soon as they are released, so that new ones are opened to where the route leads now. */
  async reconnect(): Promise<void> {
    await this.#rows('RECONNECT')
  }

  /** Reads pgbouncer.ini again. */
  async reload(): Promise<void> {
    await this.#rows('RELOAD')
  }

  /** Such as `1.18.0`. */
  async version(): Promise<string> {
    const [row] = await this.#rows('SHOW VERSION')
    const version = row?.['version']
    return (typeof version === 'string' ? version : '').replace(/^PgBouncer /, '')
  }

  async pools(): Promise<readonly PoolView[]> {
    const paused = new Set(await this.pausedDatabases())
    return (await this.#rows('SHOW POOLS'))
      .filter(({ database }) => database !== console)
      .map((row) => ({
        database: String(row['database']),
        user: String(row['user']),
        clientsActive: Number(row['cl_active']),
        clientsWaiting: Number(row['cl_waiting']),
        serversActive: Number(row['sv_active']),
        serversIdle: Number(row['sv_idle']),
        longestWaitSeconds: Number(row['maxwait'] ?? 0) + Number(row['maxwait_us'] ?? 0) / 1e6,
        paused: paused.has(String(row['database'])),
      }))
  }

  /** Sessions of clients, those of administrators left out. */
  async clients(): Promise<readonly PoolerClient[]> {
    return (await this.#rows('SHOW CLIENTS'))
      .filter(({ database }) => database !== console)
      .map((row) => ({
        database: String(row['database']),
        user: String(row['user']),
        state: String(row['state']),
        address: String(row['addr']),
      }))
  }

  /** Databases whose clients are held back. A plain PAUSE by hand is seen from PgBouncer 1.19 on. */
  async pausedDatabases(): Promise<readonly string[]> {
    const all = await this.#databases()
    const wholly = await this.#whollyPaused()
    return all.filter(({ paused }) => paused || wholly).map(({ name }) => name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.race([this.#client.end().catch(() => undefined), sleep(500, undefined, { ref: false })])
    this.#client.connection.stream.destroy()
  }

  async #databases(): Promise<readonly { readonly name: string; readonly paused: boolean }[]> {
    return (await this.#rows('SHOW DATABASES'))
      .filter(({ name }) => name !== console)
      .map((row) => ({ name: String(row['name']), paused: Number(row['paused']) === 1 }))
  }

  async #whollyPaused(): Promise<boolean> {
    if (!traitsOf(this.#access.programs.pgbouncer?.version).showState) return false
    return (await this.#rows('SHOW STATE')).some(({ key, value }) => key === 'paused' && value === 'yes')
  }

  async #rows(command: string): Promise<readonly Row[]> {
    const late = this.#options.timeoutMs ?? defaultTimeoutMs
    try {
      // the console knows the simple query protocol alone, so no values
      return (await this.#client.query<Row>({ text: command, query_timeout: late } as pg.QueryConfig)).rows
    } catch (error) {
      throw refused(command, error)
    }
  }

  /** Over this connection, else over others for some seconds. */
  async #resumeByAnyMeans(): Promise<void> {
    try {
      return await this.resume()
    } catch {
      // PgBouncer may be restarting
    }
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        await using other = await PoolerAdmin.connect(this.#access)
        return await other.resume()
      } catch {
        await sleep(300)
      }
    }
    // the caller's guard and the agent go on trying; a PgBouncer that was restarted is not paused
  }
}

const defaultTimeoutMs = 3000

async function openConsole(access: ClusterAccess, { timeoutMs, signal }: PoolerOptions): Promise<pg.Client> {
  signal?.throwIfAborted()
  const config = await connectTo(access, 'pool', {
    ...poolerAccount,
    database: console,
    connectTimeoutMs: timeoutMs ?? defaultTimeoutMs,
  })
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    cut(client)
    throw new DiagnosticError(
      diagnose('POOLER_UNREACHABLE', {
        detail: `PgBouncer does not let its administrator in: ${messageOf(error)}`,
        mend: mend.run('pgherd', 'logs', 'pgbouncer'),
      }),
      { cause: error },
    )
  }
}

function poolsBusy(deadlineMs: number): DiagnosticError {
  return new DiagnosticError(
    diagnose('POOLS_BUSY', {
      detail: `transactions were still open after ${deadlineMs / 1000} s, so the pools were resumed and nothing was changed`,
      mend: mend.advice('look for long transactions with pgherd health, then try again'),
    }),
  )
}

function refused(command: string, error: unknown): DiagnosticError {
  return new DiagnosticError(
    diagnose('POOLER_REFUSED', {
      detail: `PgBouncer did not carry out ${command}: ${messageOf(error)}`,
      mend: mend.run('pgherd', 'logs', 'pgbouncer'),
    }),
    { cause: error },
  )
}

/** A name as the console takes it. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
