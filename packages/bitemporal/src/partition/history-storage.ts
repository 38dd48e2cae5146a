import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import type { Row } from '../database/query.ts'
import type { Period } from '../time/period.ts'
import type { CalendarUnit } from './calendar.ts'

/** How the history of a schema is kept: natively partitioned, or as a hypertable of TimescaleDB. */
export type StorageKind = 'partitions' | 'hypertable'

/** The SQL that makes a history table of a kind; `history` is its name with its schema. */
export interface StorageSql {
  readonly kind: StorageKind
  /** What follows the columns. */
  readonly clause: string
  /** What follows the index. */
  readonly after: (history: string) => string
}

/** A part of the history as the catalogue has it: its name, and the schema in which that is. */
export interface Part {
  readonly schema: string
  readonly name: string
  readonly recorded: Period
}

/** What differs from kind to kind when parts of the history are looked after. */
export interface HistoryStorage {
  /** For whoever reads an error. */
  readonly title: string
  /** Schema, name, both ends of the recorded period (null for the default), bytes, tablespace and when it was compacted; oldest first. */
  list(database: Database): Promise<readonly Row[]>
  /** Makes what has a place for the periods ready; the names of the parts made. */
  prepare(database: Database, every: CalendarUnit, ahead: number): Promise<readonly string[]>
  /** Makes a part for a period; its name. */
  create(database: Database, period: Period): Promise<string>
  /** Rewrites a part whose period is over. */
  compact(database: Database, part: Part, client: ClientBase): Promise<void>
  /** Has the server itself compact what is over for so many days. */
  compactAfter(database: Database, days: number): Promise<void>
}
