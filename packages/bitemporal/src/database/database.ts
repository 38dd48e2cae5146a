import { createHash } from 'node:crypto'
import type { ClientBase, CustomTypesConfig, Pool } from 'pg'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { breaksConnection, poolExhausted, serverError } from '../errors/server-error.ts'
import type { RowShape } from '../schema/row-shape.ts'
import { connectionsOf, type Connections } from './connections.ts'
import type { Query, Row, Value } from './query.ts'

export interface DatabaseOptions {
  readonly pool: Pool | ClientBase
  /** Where the tables are, as it was given to `install`. */
  readonly schema: string
  /** Whether statements are prepared under a name; a pooler that shares connections by transaction may not know them. */
  readonly prepare: boolean
  /** How long to wait for a connection of the pool, in milliseconds. */
  readonly acquireMs: number
  /** The table with partitions; `fact_history` when left out. */
  readonly history?: RowShape['history']
}

/** Runs statements of ours on the user's pool or client, and says what went wrong in terms of this library. */
export class Database {
  readonly bt: string
  readonly #options: DatabaseOptions
  readonly #connections: Connections
  readonly #texts = new Map<Query, { readonly name: string; readonly text: string }>()
  readonly #mark: string

  /** Throws INVALID_OPTION when `pool` is neither a pool nor a client. */
  constructor(options: DatabaseOptions) {
    this.#options = options
    this.#connections = connectionsOf(options.pool)
    this.bt = quoted(options.schema)
    // two stores on one connection need statements of their own, and names longer than 63 bytes are cut
    this.#mark = createHash('sha256').update(options.schema).digest('hex').slice(0, 8)
  }

  /** The table in which rows are that were known before. */
  get history(): RowShape['history'] {
    return this.#options.history ?? 'fact_history'
  }

  get schema(): string {
    return this.#options.schema
  }

  /** A connection of the pool. Throws POOL_EXHAUSTED or UNREACHABLE. */
  async checkout(): Promise<ClientBase> {
    const { acquireMs } = this.#options
    const connections = this.#connections
    // one that is idle and that nobody waits for comes at once, and needs no timer that each change would pay for
    const isReady = connections.isReady()
    const connecting = connections.connect()
    if (isReady) return this.#taken(connecting)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, acquireMs, 'late')
    })
    try {
      const client = await Promise.race([connecting, late])
      if (client !== 'late') return await this.#taken(client)
    } catch (thrown) {
      throw serverError(thrown, 'connect')
    } finally {
      clearTimeout(timer)
    }
    connecting.then((client) => connections.release(client, false), ignore)
    throw poolExhausted(`no connection of the pool came free within ${acquireMs} ms (max ${connections.max})`)
  }

  async #taken(connecting: ClientBase | Promise<ClientBase>): Promise<ClientBase> {
    try {
      const client = await connecting
      // the pool listens only while a client is idle, and an error nobody listens to ends the process
      client.on('error', ignore)
      return client
    } catch (thrown) {
      throw serverError(thrown, 'connect')
    }
  }

  /** Gives a connection back; one that broke is thrown away. */
  giveBack(client: ClientBase, thrown?: unknown): void {
    client.off('error', ignore)
    this.#connections.release(client, thrown !== undefined && breaksConnection(thrown))
  }

  /** Runs a statement on the client, or on one of the pool. Throws BitemporalError, or the driver's error where it has no other name. */
  async run(query: Query, values: readonly Value[], client?: ClientBase): Promise<readonly Row[]> {
    if (client) return this.#send(query, values, client)
    return this.withClient((own) => this.#send(query, values, own))
  }

  /** Does some work with a connection of the pool. */
  async withClient<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.checkout()
    let failure: unknown
    try {
      return await work(client)
    } catch (thrown) {
      failure = thrown
      throw thrown
    } finally {
      this.giveBack(client, failure)
    }
  }

  /**
   * Does some work in a transaction that sees what others commit meanwhile; undone when the work throws. Throws
   * NO_TRANSACTION when the server undid it because a statement failed whose error the work kept to itself.
   */
  async transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      // readers depend on each statement seeing what was committed before it, whatever the default of the server is
      await this.plain(client, 'begin isolation level read committed')
      try {
        const result = await work(client)
        await commit(client)
        return result
      } catch (thrown) {
        await client.query('rollback').catch(ignore)
        throw thrown
      }
    })
  }

  /** A statement without parameters. */
  async plain(client: ClientBase, text: string): Promise<void> {
    try {
      await client.query(text)
    } catch (thrown) {
      throw serverError(thrown, 'query')
    }
  }

  /** A statement that is seldom run, or never again in these words: under no name, and not remembered. */
  once(text: string, values: readonly Value[], client: ClientBase): Promise<readonly Row[]> {
    return this.#execute({ text }, values, client)
  }

  #send(query: Query, values: readonly Value[], client: ClientBase): Promise<readonly Row[]> {
    const { name, text } = this.#textOf(query)
    return this.#execute(this.#options.prepare ? { name, text } : { text }, values, client)
  }

  async #execute(
    statement: { readonly name?: string; readonly text: string },
    values: readonly Value[],
    client: ClientBase,
  ): Promise<readonly Row[]> {
    try {
      const { rows } = await client.query<(string | null)[]>({
        ...statement,
        values: [...values],
        rowMode: 'array',
        types: asText,
      })
      return rows
    } catch (thrown) {
      throw serverError(thrown, 'query')
    }
  }

  #textOf(query: Query): { readonly name: string; readonly text: string } {
    const known = this.#texts.get(query)
    if (known) return known
    const made = { name: `pgherd-bt-${query.name}-${this.#mark}`, text: query.text(this.bt, this.history) }
    this.#texts.set(query, made)
    return made
  }
}

/** The server answers a commit of a transaction with a failed statement by ROLLBACK, which is no error to the driver. */
async function commit(client: ClientBase): Promise<void> {
  let command: string
  try {
    command = (await client.query('commit')).command
  } catch (thrown) {
    throw serverError(thrown, 'query')
  }
  if (command === 'COMMIT') return
  throw new BitemporalError('NO_TRANSACTION', {
    detail: 'a statement of the transaction failed, and the work went on as if it had not',
    why: 'the server undid the whole transaction, so nothing of it is stored',
    mend: 'Let the error through, or set a savepoint before a statement that may fail.',
  })
}

/** An identifier as SQL reads it back. */
export function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

const asText: CustomTypesConfig = { getTypeParser: () => (value: string | Buffer) => value }

function ignore(): void {
  // whoever uses the connection learns of it from the statement that fails
}
