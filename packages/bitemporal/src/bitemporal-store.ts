import type { ClientBase, Pool } from 'pg'
import type { ChangeResult } from './change/change-result.ts'
import { prepareChange, type ChangeMode, type Expectation } from './change/prepare-change.ts'
import { sendChange } from './change/send-change.ts'
import { Database } from './database/database.ts'
import type { Fact, FactShape, PredicateOf, RecordedFact } from './fact.ts'
import { joinFacts, type Joined, type JoinOptions } from './join/join-facts.ts'
import { loadFacts, type NewFact } from './load/load-facts.ts'
import { HistoryPartitions } from './partition/history-partitions.ts'
import type { AsOf } from './read/as-of.ts'
import type { Paged } from './read/page-size.ts'
import { readChanges, type Change, type ChangesOptions } from './read/read-changes.ts'
import { readFact, readVersion, type VersionedFact } from './read/read-fact.ts'
import { readPredicate, readSubject } from './read/read-facts.ts'
import { readHistory } from './read/read-history.ts'
import { readTimeline, type Span, type TimelineOptions } from './read/read-timeline.ts'
import { References } from './reference/references.ts'
import { checkSchemaName, defaultSchema } from './schema/schema-name.ts'
import type { TimeLike } from './time/instant.ts'
import type { PeriodLike } from './time/period.ts'

export interface BitemporalStoreOptions {
  /** A pool of `pg`, or one connected client, on which all take turns; it stays yours. */
  readonly pool: Pool | ClientBase
  /** As given to `install`; `bitemporal` when left out. */
  readonly schema?: string
  /** False for a pooler that does not know prepared statements (PgBouncer before 1.21). */
  readonly prepare?: boolean
  /** How long to wait for a connection of the pool, in milliseconds; 30 000 when left out. */
  readonly acquireMs?: number
}

/** What a call may be part of. */
export interface Within {
  /** The caller's transaction; one of its own when left out. */
  readonly client?: ClientBase
}

export type ChangeOptions = PeriodLike & Expectation & Within
export type SupersedeOptions = { readonly from: TimeLike } & Expectation & Within

/**
 * Facts with two times: when something holds (valid time, told by you) and when it was known (recorded time, set by the
 * server and later with each change of a key). Nothing that was ever known is lost. S names predicates and the types of
 * their values. Every method throws BitemporalError with one of the codes of `errorCodes`.
 */
export class BitemporalStore<S extends FactShape = FactShape> {
  readonly #database: Database
  /** Where what was known before is kept. */
  readonly partitions: HistoryPartitions
  /** What has to be known for as long as facts refer to it. */
  readonly references: References

  /** Connects only when it has something to ask. Throws INVALID_OPTION. */
  constructor({ pool, schema = defaultSchema, prepare = true, acquireMs = 30_000 }: BitemporalStoreOptions) {
    this.#database = new Database({ pool, schema: checkSchemaName(schema), prepare, acquireMs })
    this.partitions = new HistoryPartitions(this.#database)
    this.references = new References(this.#database)
  }

  /** States what holds in a period, whatever was known about it. Throws VersionConflict. */
  assert<P extends PredicateOf<S>>(
    subject: string,
    predicate: P,
    value: S[P],
    options: ChangeOptions,
  ): Promise<ChangeResult> {
    return this.#change('a', subject, predicate, { of: value }, options)
  }

  /** States what holds in a period that nothing is known about yet. Throws ALREADY_KNOWN, VersionConflict. */
  record<P extends PredicateOf<S>>(
    subject: string,
    predicate: P,
    value: S[P],
    options: ChangeOptions,
  ): Promise<ChangeResult> {
    return this.#change('r', subject, predicate, { of: value }, options)
  }

  /** States that what was known about a period, or a part of it, was wrong. Throws NOTHING_KNOWN, VersionConflict. */
  correct<P extends PredicateOf<S>>(
    subject: string,
    predicate: P,
    value: S[P],
    options: ChangeOptions,
  ): Promise<ChangeResult> {
    return this.#change('c', subject, predicate, { of: value }, options)
  }

  /**
   * States that the value changes at `from`: the fact that holds there ends, and the new one lasts for as long as it
   * would have. Throws NOTHING_KNOWN, VersionConflict.
   */
  supersede<P extends PredicateOf<S>>(
    subject: string,
    predicate: P,
    value: S[P],
    options: SupersedeOptions,
  ): Promise<ChangeResult> {
    return this.#change('s', subject, predicate, { of: value }, options)
  }

  /** States that nothing is known about a period any more. Throws NOTHING_KNOWN, VersionConflict. */
  retract(subject: string, predicate: PredicateOf<S>, options: ChangeOptions): Promise<ChangeResult> {
    return this.#change('d', subject, predicate, undefined, options)
  }

  /**
   * States many facts whose periods nothing is known about yet, all or none, as fast as the server takes them; how many
   * they were. Throws ALREADY_KNOWN.
   */
  load(facts: Iterable<NewFact<S>> | AsyncIterable<NewFact<S>>, { client }: Within = {}): Promise<number> {
    if (client) return loadFacts(this.#database, facts, client)
    return this.#database.transaction((own) => loadFacts(this.#database, facts, own))
  }

  /** What holds of a key at a point of valid time, as it was known at a point of recorded time; now and now when left out. */
  get<P extends PredicateOf<S>>(
    subject: string,
    predicate: P,
    { client, ...asOf }: AsOf & Within = {},
  ): Promise<VersionedFact<S[P]> | undefined> {
    return readFact(this.#database, subject, predicate, asOf, client)
  }

  /** How many changes a key has had, to be passed as `expected`; 0 when nothing was ever recorded for it. */
  version(subject: string, predicate: PredicateOf<S>, { client }: Within = {}): Promise<number> {
    return readVersion(this.#database, subject, predicate, client)
  }

  /** All that holds of a subject, in the order of predicates. */
  about(subject: string, { client, ...asOf }: AsOf & Within = {}): Promise<readonly Fact[]> {
    return readSubject(this.#database, subject, asOf, client)
  }

  /**
   * What holds of every subject under a predicate, in the order of subjects. Without `recordedAt` each page shows what
   * is known when it is read.
   */
  facts<P extends PredicateOf<S>>(
    predicate: P,
    options: AsOf & Paged & Within = {},
  ): AsyncGenerator<Fact<S[P]>, void, undefined> {
    return readPredicate(this.#database, predicate, options)
  }

  /** What holds of a key over valid time, gaps left out; neighbours of the same value are one. */
  timeline<P extends PredicateOf<S>>(
    subject: string,
    predicate: P,
    { client, ...options }: TimelineOptions & Within = {},
  ): Promise<readonly Span<S[P]>[]> {
    return readTimeline(this.#database, subject, predicate, options, client)
  }

  /** All that was ever known about a key, in the order in which it became known. */
  history<P extends PredicateOf<S>>(
    subject: string,
    predicate: P,
    { client }: Within = {},
  ): Promise<readonly RecordedFact<S[P]>[]> {
    return readHistory(this.#database, subject, predicate, client)
  }

  /**
   * Pairs of facts of two predicates that hold at the same time: at a point, now when left out, or during a period, cut
   * to it. Of the same subject, or by reference: the value on the left names the subject on the right.
   */
  join<L extends PredicateOf<S>, R extends PredicateOf<S>>(
    left: L,
    right: R,
    options: JoinOptions & Within = {},
  ): AsyncGenerator<Joined<S[L], S[R]>, void, undefined> {
    return joinFacts(this.#database, left, right, options)
  }

  /** What became known after one point of recorded time, up to another, in that order. */
  changes(options: ChangesOptions & Within): AsyncGenerator<Change, void, undefined> {
    return readChanges(this.#database, options)
  }

  /** Does the work in a transaction of READ COMMITTED; pass its client to the methods here and to your own statements. */
  transaction<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    return this.#database.transaction(work)
  }

  async #change(
    mode: ChangeMode,
    subject: string,
    predicate: string,
    value: { readonly of: unknown } | undefined,
    { client, ...options }: ChangeOptions,
  ): Promise<ChangeResult> {
    return sendChange(this.#database, prepareChange(mode, subject, predicate, value, options), client)
  }
}
