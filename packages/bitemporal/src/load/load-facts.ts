import type { ClientBase } from 'pg'
import { jsonText } from '../change/json-text.ts'
import { checkKey } from '../change/key.ts'
import { instantArray, int4Array, int8Array, textArray } from '../database/binary-array.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import type { FactShape, PredicateOf } from '../fact.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'
import { toPeriod, type PeriodLike } from '../time/period.ts'

/** A fact to be loaded: what it says and for which period. */
export type NewFact<S extends FactShape = FactShape> = {
  readonly [P in PredicateOf<S>]: PeriodLike & {
    readonly subject: string
    readonly predicate: P
    readonly value: S[P]
  }
}[PredicateOf<S>]

const loadBatch: Query = { name: 'load', text: (bt) => `select ${bt}.load($1, $2, $3, $4, $5, $6)` }
const loadOverlap: Query = {
  name: 'load-overlap',
  text: (bt) =>
    `select o_subject, o_predicate, ${instantColumn('o_from')}, ${instantColumn('o_to')} from ${bt}.load_overlap($1)`,
}

/** Enough for the cost of a round trip not to matter, and a megabyte or so of ordinary facts. */
const batchFacts = 10_000

/** Stores facts whose periods nothing is known about yet, all or none; how many. Throws ALREADY_KNOWN. */
export async function loadFacts<S extends FactShape>(
  database: Database,
  facts: Iterable<NewFact<S>> | AsyncIterable<NewFact<S>>,
  client: ClientBase,
): Promise<number> {
  const ids = new Set<string>()
  let count = 0
  let batch = new Batch()
  // the server stores one batch while the next is made here
  let sending: Promise<readonly string[]> = Promise.resolve([])
  const flush = async (): Promise<void> => {
    for (const id of await sending) ids.add(id)
    sending = batch.send(database, client)
    // awaited with the next batch; until then it is no error that nobody hears of
    sending.catch(() => undefined)
    batch = new Batch()
  }
  try {
    for await (const fact of facts) {
      batch.add(fact)
      count++
      if (batch.size >= batchFacts) await flush()
    }
    if (batch.size > 0) await flush()
  } finally {
    // whoever owns the transaction ends it next, which has to come after what was sent
    await sending.catch(() => undefined)
  }
  for (const id of await sending) ids.add(id)
  await checkOverlap(database, [...ids], client)
  return count
}

class Batch {
  readonly #keys = new Map<string, number>()
  readonly #predicates: string[] = []
  readonly #subjects: string[] = []
  readonly #key: number[] = []
  readonly #from: string[] = []
  readonly #to: string[] = []
  readonly #values: string[] = []

  get size(): number {
    return this.#key.length
  }

  add({ subject, predicate, value, ...period }: NewFact): void {
    const name = `${predicate}\0${subject}`
    let key = this.#keys.get(name)
    if (key === undefined) {
      checkKey(subject, predicate)
      this.#predicates.push(predicate)
      this.#subjects.push(subject)
      key = this.#subjects.length
      this.#keys.set(name, key)
    }
    const { from, to } = toPeriod(period)
    this.#key.push(key)
    this.#from.push(from)
    this.#to.push(to)
    this.#values.push(jsonText(value, `the value of ${JSON.stringify(predicate)}`))
  }

  /** The ids of its keys. */
  async send(database: Database, client: ClientBase): Promise<readonly string[]> {
    const values = [
      textArray(this.#predicates),
      textArray(this.#subjects),
      int4Array(this.#key),
      instantArray(this.#from),
      instantArray(this.#to),
      textArray(this.#values, 'jsonb'),
    ]
    try {
      const [row] = await database.run(loadBatch, values, client)
      return column(row, 0).slice(1, -1).split(',')
    } catch (thrown) {
      throw asKnown(thrown)
    }
  }
}

/** Two facts that begin at the same time are what the primary key refuses. */
function asKnown(thrown: unknown): unknown {
  const { code, detail } = thrown as { code?: unknown; detail?: unknown }
  return code === '23505'
    ? alreadyKnown(`two facts begin at the same time: ${String(detail)}`, thrown)
    : thrown
}

async function checkOverlap(database: Database, ids: readonly string[], client: ClientBase): Promise<void> {
  for (let at = 0; at < ids.length; at += batchFacts) {
    const some = ids.slice(at, at + batchFacts)
    const [row] = await database.run(loadOverlap, [int8Array(some.map(BigInt))], client)
    if (!row) continue
    const key = `${JSON.stringify(column(row, 1))} of ${JSON.stringify(column(row, 0))}`
    throw alreadyKnown(
      `two facts about ${key} hold from ${fromServer(column(row, 2))} to ${fromServer(column(row, 3))}`,
    )
  }
}

function alreadyKnown(detail: string, cause?: unknown): BitemporalError {
  return new BitemporalError('ALREADY_KNOWN', {
    detail,
    why: 'loading is for what nothing is known about yet; nothing of it was stored',
    mend: 'Remove one of the two, or state the later one with `correct` or `supersede`.',
    cause,
  })
}
