import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'
import { connectionLost, meansConnectionLost } from './server-error.ts'
import type { PgClient, PgConnection, PgPool, PgResult } from './pg-connection.ts'

/**
 * One connection for one piece of work. From a pool it takes a client; a client of the user's stays the user's.
 * While it is open, the death of the connection is an error of the query under way and not of the process.
 */
export class Session implements AsyncDisposable {
  readonly client: PgClient
  readonly #giveBack: (spoiled: boolean) => void
  readonly #ignore = () => undefined
  #spoiled = false

  private constructor(client: PgClient, giveBack: (spoiled: boolean) => void) {
    this.client = client
    this.#giveBack = giveBack
    // without a listener, pg ends the process when the connection dies between two queries
    client.on?.('error', this.#ignore)
  }

  /**
   * @throws MigrateError MIGRATE_IN_TRANSACTION when the client is known to have an open transaction, MIGRATE_NO_CONNECTION when
   * the pool gives none.
   */
  static async open(connection: PgConnection): Promise<Session> {
    if (!isPool(connection)) {
      refuseOpenTransaction(['T', 'E'].includes(connection.getTransactionStatus?.() ?? ''))
      return new Session(connection, () => undefined)
    }
    const client = await connection.connect().catch((error: unknown) => {
      throw noConnection(error)
    })
    return new Session(client, (spoiled) => client.release(spoiled))
  }

  /** Has a pool close the connection instead of lending it again: migrations may leave settings behind. */
  spoil(): void {
    this.#spoiled = true
  }

  /** Sends one message and gives the last result; with several statements in it, all are run by one round trip. */
  async query(text: string): Promise<PgResult> {
    const last = (await this.queryAll(text)).at(-1)
    return last ?? { rows: [], rowCount: 0 }
  }

  /** Sends one message and gives the result of every statement in it. */
  async queryAll(text: string): Promise<readonly PgResult[]> {
    try {
      const results = await this.client.query(text)
      return Array.isArray(results) ? results : [results]
    } catch (error) {
      throw meansConnectionLost(error) ? connectionLost(error) : error
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.client.removeListener?.('error', this.#ignore)
    this.#giveBack(this.#spoiled)
    return Promise.resolve()
  }
}

/** All connections of the pool are taken, or the server takes none. */
function noConnection(error: unknown): MigrateError {
  const said =
    error instanceof Error ? error.message || String((error as { code?: unknown }).code) : String(error)
  return new MigrateError(
    [
      diagnose('MIGRATE_NO_CONNECTION', {
        detail: `the pool gave no connection: ${said}. Nothing was read and nothing was run`,
        mend: 'see that the server answers; if it does, others hold all connections of the pool: give the migrations one of their own',
      }),
    ],
    { cause: error },
  )
}

function isPool(connection: PgConnection): connection is PgPool {
  return 'totalCount' in connection
}

/** Throws when a transaction is open on the client: the commit of a migration would end it together with the user's work. */
export function refuseOpenTransaction(isOpen: boolean): void {
  if (!isOpen) return
  throw new MigrateError([
    diagnose('MIGRATE_IN_TRANSACTION', {
      detail:
        'the client has an open transaction; each migration commits one of its own, which would commit yours as well',
      mend: 'commit first, or hand over the pool or a client of its own',
    }),
  ])
}
