import type { ColumnFacts } from './effects/effect.ts'
import type { LockMode } from './lock-mode.ts'

/** A session that holds a lock on a table now. */
export interface Holder {
  readonly pid: number
  /** User, application and state. */
  readonly label: string
  readonly mode: LockMode
  /** How long its transaction has been open. */
  readonly seconds: number
}

/** What the catalogue and the statistics say of a table that exists. */
export interface TableFacts {
  /** Estimated. */
  readonly rows: number
  /** With TOAST, without indexes; of all partitions together. */
  readonly bytes: number
  readonly indexBytes: number
  readonly columns: ReadonlyMap<string, ColumnFacts>
  /** Scans and changed rows per second, on average since the statistics were reset. */
  readonly readsPerSecond: number
  readonly writesPerSecond: number
  readonly holders: readonly Holder[]
}

/** A table as the statement meets it: `unknown` without a connection, `new` when this run makes it. */
export type TableState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'new' }
  | { readonly kind: 'existing'; readonly facts: TableFacts }

/** What is known of the database as a whole. */
export interface Catalogue {
  readonly major: number
  /** Standbys that are connected. */
  readonly replicas: number
  /** By the name as SQL, as statements write it. */
  readonly tables: ReadonlyMap<string, TableFacts>
  /** Names of volatile functions among those asked for. */
  readonly volatile: ReadonlySet<string>
}
