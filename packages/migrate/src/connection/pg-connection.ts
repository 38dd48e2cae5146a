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
  /** Runs statements; an error of the server has its SQLSTATE in `code`. */
  query(text: string, values?: unknown[]): Promise<PgResult | PgResult[]>
  /** `T` and `E` inside a transaction; since pg 8.21. */
  getTransactionStatus?(): string | null
  /** For an error between two queries, which would end the process if nobody listened. */
  on?(event: 'error', listener: (error: Error) => void): unknown
  /** Ends what `on` began. */
  removeListener?(event: 'error', listener: (error: Error) => void): unknown
}

/** A client on loan from a pool. */
export interface PooledClient extends PgClient {
  /** `true` closes the connection instead of giving it back. */
  release(destroy?: boolean): void
}

/** A pool of `pg`, as far as it is used. `totalCount` tells it from a client, which has `connect` as well. */
export interface PgPool {
  readonly totalCount: number
  /** Lends a connected client. */
  connect(): Promise<PooledClient>
}

/** What every call takes: a pool, or a client that is connected and in no transaction. */
export type PgConnection = PgPool | PgClient
