import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { asSqlFinding, type SqlPlace } from './sql-error.ts'

interface Statement {
  readonly text: string
  readonly alone?: boolean
}

type Row = Readonly<Record<string, unknown>>

/**
 * Settings of every session of ours. A commit must not wait for a WAL archive that is not there yet
 * (synchronous_commit); no object of a user may shadow a built-in one (search_path); nothing waits behind
 * users' locks; and no statement reaches a log, a statistics view or pg_stat_activity, because it can hold a
 * password verifier (runtime-config-logging; names with a dot belong to modules and are harmless without them).
 */
const sessionSettings = {
  synchronous_commit: 'local',
  search_path: 'pg_catalog',
  lock_timeout: '5s',
  client_min_messages: 'warning',
  log_statement: 'none',
  log_duration: 'off',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_min_error_statement: 'panic',
  track_activities: 'off',
  'pg_stat_statements.track': 'none',
  'auto_explain.log_min_duration': '-1',
  'pgaudit.log': 'none',
} as const

const readOnlySettings = {
  ...sessionSettings,
  default_transaction_read_only: 'on',
  statement_timeout: '10s',
} as const

/** How long to wait for a server that says it is starting. */
const startingMs = 60_000

/** How long a connection waits for the next batch before it is closed. A process ends no earlier. */
const idleMs = 50

/**
 * One connection, kept between batches that follow each other: most of a batch's time is making one. There is never more
 * than one, since a session that idles in a database keeps it from being a template (sql-createdatabase).
 */
class KeptConnection {
  readonly #settings: Readonly<Record<string, string>>
  #kept: { readonly client: pg.Client; readonly to: string } | undefined
  #timer: NodeJS.Timeout | undefined
  /** Batches come one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(settings: Readonly<Record<string, string>>) {
    this.#settings = settings
  }

  /** Runs a batch on a live connection to the place; one that failed is not kept. */
  use<T>(place: SqlPlace, patienceMs: number, batch: (client: pg.Client) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      clearTimeout(this.#timer)
      const client = await this.#live(place, patienceMs)
      try {
        const result = await batch(client)
        this.#timer = setTimeout(() => void this.close(), idleMs)
        return result
      } catch (error) {
        await this.#drop()
        throw error
      }
    })
  }

  /** Closes the connection once nobody uses it: to end it under a batch would break that batch. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#drop())
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  async #drop(): Promise<void> {
    const kept = this.#kept
    this.#kept = undefined
    await kept?.client.end().catch(() => undefined)
  }

  async #live(place: SqlPlace, patienceMs: number): Promise<pg.Client> {
    const to = JSON.stringify(place)
    if (this.#kept?.to === to) {
      try {
        // the server may have been restarted meanwhile
        await this.#kept.client.query('SELECT')
        return this.#kept.client
      } catch {
        // a new one is made below
      }
    }
    await this.#drop()
    const client = await connect(place, this.#settings, patienceMs)
    this.#kept = { client, to }
    return client
  }
}

const changes = new KeptConnection(sessionSettings)
const questions = new KeptConnection(readOnlySettings)

/**
 * Runs statements as `postgres` over the socket (peer map), on one connection: neighbours without `alone` in one
 * transaction, the others each on its own. Throws DiagnosticError POSTGRES_UNREACHABLE, SQL_REFUSED, SQL_LOCKED_OUT,
 * DISK_FULL; a failed transaction leaves nothing, what came before it stays.
 */
export async function runStatements(place: SqlPlace, statements: readonly Statement[]): Promise<void> {
  if (statements.length === 0) return
  await questions.close()
  await changes.use(place, startingMs, async (client) => {
    const run = async (text: string, shown = text) => {
      try {
        await client.query(text)
      } catch (error) {
        throw asSqlFinding(error, place, shown)
      }
    }
    let open = false
    for (const { text, alone = false } of statements) {
      if (open && alone) await run('COMMIT')
      if (!open && !alone) await run('BEGIN')
      open = !alone
      await run(text)
    }
    if (open) await run('COMMIT')
  })
}

/** One question in a read-only session; gives up after 10 s. Throws as `runStatements`. */
export async function askServer(place: SqlPlace, text: string): Promise<readonly Row[]> {
  return await questions.use(place, 0, async (client) => {
    try {
      const { rows } = await client.query<Record<string, unknown>>(text)
      return rows
    } catch (error) {
      throw asSqlFinding(error, place, text)
    }
  })
}

async function connect(
  place: SqlPlace,
  settings: Readonly<Record<string, string>>,
  patienceMs: number,
): Promise<pg.Client> {
  for (const start = Date.now(); ;) {
    const client = new pg.Client({
      host: place.socketDirectory,
      port: place.port,
      user: 'postgres',
      database: place.database,
      application_name: 'pgherd',
      connectionTimeoutMillis: 5000,
      options: Object.entries(settings)
        .map(([name, value]) => `-c ${name}=${value}`)
        .join(' '),
    })
    // a server that goes away is seen by the query; without a listener it would end this process
    client.on('error', () => undefined)
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => undefined)
      const starting = error instanceof pg.DatabaseError && error.code === '57P03'
      if (!starting || Date.now() - start > patienceMs) throw asSqlFinding(error, place)
      await sleep(100)
    }
  }
}
