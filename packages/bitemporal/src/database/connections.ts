import type { ClientBase, Pool, PoolClient } from 'pg'
import { BitemporalError } from '../errors/bitemporal-error.ts'

/** Where connections come from. */
export interface Connections {
  /** How many there may be. */
  readonly max: number
  /** Whether one comes at once. */
  isReady(): boolean
  connect(): Promise<ClientBase>
  /** Takes one back; `isBroken` when it is of no more use. */
  release(client: ClientBase, isBroken: boolean): void
}

/** Throws INVALID_OPTION for what is neither a pool nor a client. */
export function connectionsOf(given: Pool | ClientBase): Connections {
  if (isPool(given)) return new PoolConnections(given)
  if (!isClient(given))
    throw new BitemporalError('INVALID_OPTION', {
      detail: 'what was given as `pool` is neither a pool nor a client of `pg`',
      why: 'statements could not be sent to any server',
      mend: 'Pass `new pg.Pool(...)`, or a `pg.Client` that is connected.',
    })
  const known = turns.get(given) ?? new OneClient(given)
  turns.set(given, known)
  return known
}

/** What `pg` says of a client's transaction: I none, T open, E failed; null when it is not connected. Undefined before `pg` 8.17. */
export function transactionStatus(client: ClientBase): string | null | undefined {
  return (client as Partial<Pick<ClientBase, 'getTransactionStatus'>>).getTransactionStatus?.()
}

/** By what it can do: a copy of `pg` of the user's own has other classes. */
export function isPool(given: Pool | ClientBase): given is Pool {
  const pool = (given ?? {}) as Partial<Pool>
  return typeof pool.connect === 'function' && typeof pool.idleCount === 'number'
}

function isClient(given: unknown): given is ClientBase {
  const client = (given ?? {}) as Partial<ClientBase>
  return [client.connect, client.query, client.on].every((each) => typeof each === 'function')
}

class PoolConnections implements Connections {
  readonly #pool: Pool

  constructor(pool: Pool) {
    this.#pool = pool
  }

  get max(): number {
    return this.#pool.options.max
  }

  isReady(): boolean {
    return this.#pool.idleCount > this.#pool.waitingCount
  }

  connect(): Promise<PoolClient> {
    return this.#pool.connect()
  }

  release(client: ClientBase, isBroken: boolean): void {
    // only `connect` makes them
    ;(client as PoolClient).release(isBroken)
  }
}

/** Whoever uses one client takes turns, also as two stores, or a transaction of one would be in that of the other. */
const turns = new WeakMap<ClientBase, OneClient>()

class OneClient implements Connections {
  readonly max = 1
  readonly #client: ClientBase
  readonly #waiting: (() => void)[] = []
  #isBusy = false

  constructor(client: ClientBase) {
    this.#client = client
  }

  isReady(): boolean {
    return !this.#isBusy
  }

  /** Throws INVALID_OPTION when it is not connected, or in a transaction of the user's, who would not know that it holds more. */
  async connect(): Promise<ClientBase> {
    if (this.#isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#isBusy = true
    const status = transactionStatus(this.#client)
    if (status === undefined || status === 'I') return this.#client
    this.release()
    throw status === null ? notConnected() : inTransaction()
  }

  release(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#isBusy = false
  }
}

function notConnected(): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail: 'the client that was given is not connected',
    why: 'nothing was sent, and would wait for a connection that nobody makes',
    mend: '`await client.connect()` first, or pass a pool.',
  })
}

function inTransaction(): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail: 'the client that the store was given is in a transaction of yours',
    why: 'what is done here would be undone with it, though it was reported as done',
    mend: 'Pass the client as `client` where it is to be part of the transaction, or end that first.',
  })
}
