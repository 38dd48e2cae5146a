import type { ClientBase, Pool } from 'pg'
import type { ChangeOptions, SupersedeOptions, Within } from '../bitemporal-store.ts'
import type { ChangeResult } from '../change/change-result.ts'
import { prepareChange, type ChangeMode } from '../change/prepare-change.ts'
import { sendChange } from '../change/send-change.ts'
import { Database } from '../database/database.ts'
import type { Query } from '../database/query.ts'
import type { Fact, RecordedFact } from '../fact.ts'
import { joinFacts, type Joined } from '../join/join-facts.ts'
import { loadFacts, type NewFact } from '../load/load-facts.ts'
import { HistoryPartitions } from '../partition/history-partitions.ts'
import type { AsOf } from '../read/as-of.ts'
import type { Paged } from '../read/page-size.ts'
import { readChanges, type Change, type ChangesOptions } from '../read/read-changes.ts'
import { readFact, readVersion, type VersionedFact } from '../read/read-fact.ts'
import { readPredicate } from '../read/read-facts.ts'
import { readHistory } from '../read/read-history.ts'
import { readTimeline, type Span, type TimelineOptions } from '../read/read-timeline.ts'
import { References } from '../reference/references.ts'
import { checkSchemaName } from '../schema/schema-name.ts'
import type { PeriodLike } from '../time/period.ts'
import { parseColumns, type Column, type Columns, type RowInput, type RowOf } from './column-type.ts'
import { createTable, type CreateOptions } from './create-table.ts'
import { tableJoin, type TableJoinOptions } from './table-join.ts'
import { fromRowValue, toRowValue } from './row-text.ts'

export interface TypedTableOptions<C extends Columns> {
  /** A pool of `pg`, or one connected client, on which all take turns; it stays yours. */
  readonly pool: Pool | ClientBase
  /** Of the table, and of the schema that it has for itself. */
  readonly name: string
  readonly columns: C
  /** False for a pooler that does not know prepared statements (PgBouncer before 1.21). */
  readonly prepare?: boolean
  /** How long to wait for a connection of the pool, in milliseconds; 30 000 when left out. */
  readonly acquireMs?: number
}

/** A row to be loaded: of which subject, and for which period. */
export type NewRow<C extends Columns> = PeriodLike & { readonly subject: string; readonly row: RowInput<C> }

/**
 * A table with columns of its own in place of a JSON value: one row per subject and point in time, with both times as
 * facts have them. It has a schema of its own, in which `known_now` and `ever_known` are for SQL of your own. Every
 * method throws BitemporalError; rows that the columns cannot hold exactly are INVALID_VALUE.
 */
export class TypedTable<C extends Columns> {
  readonly name: string
  readonly #database: Database
  readonly #columns: readonly Column[]
  /** By the column and the other table; a statement is prepared once for each. */
  readonly #joins = new Map<string, Query>()
  /** Where what was known before is kept. */
  readonly partitions: HistoryPartitions
  /** What has to be known for as long as rows refer to it. */
  readonly references: References

  /** Connects only when it has something to ask. Throws INVALID_OPTION. */
  constructor({ pool, name, columns, prepare = true, acquireMs = 30_000 }: TypedTableOptions<C>) {
    this.name = checkSchemaName(name)
    this.#columns = parseColumns(columns)
    this.#database = new Database({ pool, schema: name, prepare, acquireMs, history: 'row_history' })
    this.partitions = new HistoryPartitions(this.#database)
    this.references = new References(this.#database, { predicate: name, columns: this.#columns })
  }

  /**
   * Makes the table where it is missing; may run again, and in several programs at once. Throws TABLE_DIFFERS where it
   * is there with other columns, SCHEMA_NEWER, INVALID_OPTION where its history is not or cannot be kept as `storage` says.
   */
  create(options: CreateOptions = {}): Promise<void> {
    return createTable(this.#database, this.#columns, options)
  }

  /** States what holds in a period, whatever was known about it. Throws VersionConflict. */
  assert(subject: string, row: RowInput<C>, options: ChangeOptions): Promise<ChangeResult> {
    return this.#change('a', subject, row, options)
  }

  /** States what holds in a period that nothing is known about yet. Throws ALREADY_KNOWN, VersionConflict. */
  record(subject: string, row: RowInput<C>, options: ChangeOptions): Promise<ChangeResult> {
    return this.#change('r', subject, row, options)
  }

  /** States that what was known about a period, or a part of it, was wrong. Throws NOTHING_KNOWN, VersionConflict. */
  correct(subject: string, row: RowInput<C>, options: ChangeOptions): Promise<ChangeResult> {
    return this.#change('c', subject, row, options)
  }

  /** States that the row changes at `from`, for as long as the old one would have lasted. Throws NOTHING_KNOWN, VersionConflict. */
  supersede(subject: string, row: RowInput<C>, options: SupersedeOptions): Promise<ChangeResult> {
    return this.#change('s', subject, row, options)
  }

  /** States that nothing is known about a period any more. Throws NOTHING_KNOWN, VersionConflict. */
  retract(subject: string, options: ChangeOptions): Promise<ChangeResult> {
    return this.#change('d', subject, undefined, options)
  }

  /** States many rows whose periods nothing is known about yet, all or none; how many they were. Throws ALREADY_KNOWN. */
  load(rows: Iterable<NewRow<C>> | AsyncIterable<NewRow<C>>, { client }: Within = {}): Promise<number> {
    const facts = this.#facts(rows)
    if (client) return loadFacts(this.#database, facts, client)
    return this.#database.transaction((own) => loadFacts(this.#database, facts, own))
  }

  /** The row of a subject at a point of valid time, as it was known at a point of recorded time; now and now when left out. */
  async get(
    subject: string,
    { client, ...asOf }: AsOf & Within = {},
  ): Promise<VersionedFact<RowOf<C>> | undefined> {
    const fact = await readFact<unknown>(this.#database, subject, this.name, asOf, client)
    return fact && this.#read(fact)
  }

  /** How many changes a subject has had, to be passed as `expected`; 0 when nothing was ever recorded for it. */
  version(subject: string, { client }: Within = {}): Promise<number> {
    return readVersion(this.#database, subject, this.name, client)
  }

  /** The rows of every subject, in the order of subjects. Without `recordedAt` each page shows what is known when it is read. */
  async *rows(options: AsOf & Paged & Within = {}): AsyncGenerator<Fact<RowOf<C>>, void, undefined> {
    for await (const fact of readPredicate<unknown>(this.#database, this.name, options))
      yield this.#read(fact)
  }

  /** What holds of a subject over valid time, gaps left out; neighbours that say the same are one. */
  async timeline(
    subject: string,
    { client, ...options }: TimelineOptions & Within = {},
  ): Promise<readonly Span<RowOf<C>>[]> {
    const spans = await readTimeline<unknown>(this.#database, subject, this.name, options, client)
    return spans.map((span) => this.#read(span))
  }

  /** All that was ever known about a subject, in the order in which it became known. */
  async history(subject: string, { client }: Within = {}): Promise<readonly RecordedFact<RowOf<C>>[]> {
    const facts = await readHistory<unknown>(this.#database, subject, this.name, client)
    return facts.map((fact) => this.#read(fact))
  }

  /** What became known after one point of recorded time, up to another, in that order. */
  async *changes(
    options: Omit<ChangesOptions, 'predicate'> & Within,
  ): AsyncGenerator<Change<RowOf<C>>, void, undefined> {
    for await (const { removed, added, ...change } of readChanges(this.#database, options))
      yield {
        ...change,
        removed: removed.map((held) => this.#read(held)),
        added: added.map((held) => this.#read(held)),
      }
  }

  /**
   * Pairs of rows of this table and another that hold at the same time: at a point, now when left out, or during a
   * period, cut to it. Of the same subject, or where a text column of this one names the subject of the other. Throws
   * INVALID_OPTION for a column that is none.
   */
  async *join<D extends Columns>(
    other: TypedTable<D>,
    { on = 'subject', ...options }: TableJoinOptions<C> & Within = {},
  ): AsyncGenerator<Joined<RowOf<C>, RowOf<D>>, void, undefined> {
    const key = `${on} ${other.name}`
    const query = this.#joins.get(key) ?? tableJoin(this.#columns, on, other.name)
    this.#joins.set(key, query)
    const pairs = joinFacts<unknown, unknown>(this.#database, this.name, other.name, options, query)
    for await (const { left, right, valid } of pairs)
      yield { left: this.#read(left), right: other.#read(right), valid }
  }

  /** Does the work in a transaction of READ COMMITTED; pass its client to the methods here and to your own statements. */
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    return this.#database.transaction(work)
  }

  async #change(
    mode: ChangeMode,
    subject: string,
    row: RowInput<C> | undefined,
    { client, ...options }: ChangeOptions,
  ): Promise<ChangeResult> {
    const value = row === undefined && mode === 'd' ? undefined : { of: toRowValue(this.#columns, row ?? {}) }
    return sendChange(this.#database, prepareChange(mode, subject, this.name, value, options), client)
  }

  async *#facts(
    rows: Iterable<NewRow<C>> | AsyncIterable<NewRow<C>>,
  ): AsyncGenerator<NewFact, void, undefined> {
    for await (const { subject, row, ...period } of rows)
      yield { ...period, subject, predicate: this.name, value: toRowValue(this.#columns, row) }
  }

  #read<T extends { readonly value: unknown }>(from: T): Omit<T, 'value'> & { readonly value: RowOf<C> } {
    return { ...from, value: fromRowValue(this.#columns, from.value) as RowOf<C> }
  }
}
