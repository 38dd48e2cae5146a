import type { Node } from 'libpg-query'
import type { LockMode } from '../lock-mode.ts'

/**
 * How long the lock is needed: for a change of the catalogue only, for reading every row, for building an index, for
 * writing every row anew, or for changing rows one by one.
 */
export type EffectWork = 'catalogue' | 'scan' | 'build' | 'rewrite' | 'rows'

/** What a statement does to one table that may be in use. */
export interface Effect {
  /** The table as SQL, as the statement names it. */
  readonly relation: string
  readonly lock: LockMode
  readonly work: EffectWork
  /** What of the statement it is, in words: `ADD COLUMN "at" with a volatile default`. */
  readonly what: string
}

/** What is known of a column. Types as format_type writes them. */
export interface ColumnFacts {
  readonly type: string
  readonly notNull: boolean
  /** A valid constraint `CHECK (column IS NOT NULL)` spares SET NOT NULL its scan. */
  readonly provenNotNull: boolean
}

/** What is known of the database while a statement is judged. */
export interface Knowledge {
  /** The major version of the server; undefined without a connection. */
  readonly major: number | undefined
  /** Of a column that exists. */
  column(relation: string, column: string): ColumnFacts | undefined
  /** Whether a function may give another value in each row. Names are lower case, without the schema. */
  isVolatile(name: string): boolean
}

/** Reads the effects of the statements of one kind; nothing for all others. */
export type EffectReader = (node: Node, knowledge: Knowledge) => readonly Effect[]
