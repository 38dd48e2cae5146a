/** The part of a result of `pg` that this library reads. */
export interface PgResult {
  readonly rows: readonly Record<string, unknown>[]
  readonly rowCount: number | null
}

/**
 * A connected client of `pg`, as far as it is used: `pg.Client` and the client of a `pg.Pool` are ones. Text without values
 * goes through the simple protocol, so several statements make one message; `pg` then gives an array of results.
 */
export interface PgClient {
  query(text: string, values?: unknown[]): Promise<PgResult | PgResult[]>
  /** `T` and `E` inside a transaction; since pg 8.21. */
  getTransactionStatus?(): string | null
  on?(event: 'error', listener: (error: Error) => void): unknown
  removeListener?(event: 'error', listener: (error: Error) => void): unknown
}

interface PooledClient extends PgClient {
  /** `true` closes the connection instead of giving it back. */
  release(destroy?: boolean): void
}

/** A pool of `pg`, as far as it is used. `totalCount` tells it from a client, which has `connect` as well. */
export interface PgPool {
  readonly totalCount: number
  connect(): Promise<PooledClient>
}

export type PgConnection = PgPool | PgClient
