import type { ClientBase } from 'pg'
import type { BatchResult } from '../append/append-result.ts'
import { sendAppends, type AppendMode } from '../append/append-statement.ts'
import type { PreparedAppend } from '../append/prepare-append.ts'
import { int8Array, textArray } from '../database/binary-array.ts'
import type { Database } from '../database/database.ts'
import type { Query, Row } from '../database/query.ts'
import { serverError } from '../errors/server-error.ts'
import type { EventShape, Recorded } from '../event.ts'
import { keyringOf, type EventReading } from '../read/event-reading.ts'
import { eventColumns, eventOfRow } from '../read/event-row.ts'
import { transactionTrouble } from '../subscription/transaction-trouble.ts'
import { areProjected, type CheckedProjection } from './inline-projection.ts'
import { ProjectionFailed } from './projection-failed.ts'

/** Events of some appends as they are stored: only the server knows their positions and times. */
const justStored: Query = {
  name: 'just-stored',
  text: (es) => `
    select ${eventColumns} from unnest($1::text[], $2::bigint[], $3::bigint[]) a(stream, first, added)
    cross join lateral ${es}.read_stream(a.stream, a.first, false, a.added) order by o_position`,
}

const savepoint = 'pgherd_inline'

/** Appends together with what inline projections write: in one transaction, all or none. */
export class InlineAppends {
  readonly #projections: readonly CheckedProjection[]
  readonly #database: Database
  readonly #reading: EventReading

  constructor(projections: readonly CheckedProjection[], database: Database, reading: EventReading) {
    this.#projections = projections
    this.#database = database
    this.#reading = reading
  }

  /** Whether some projection handles an event of these. */
  concerns(appends: readonly PreparedAppend[]): boolean {
    return areProjected(this.#projections, appends)
  }

  /**
   * Like `sendAppends`. One whose handler threw is refused with ProjectionFailed and undone with all others, which are
   * then made again without it.
   */
  async append(appends: readonly PreparedAppend[], mode: AppendMode): Promise<readonly BatchResult[]> {
    const refused = new Map<PreparedAppend, BatchResult>()
    for (;;) {
      const left = appends.filter((append) => !refused.has(append))
      try {
        const results = left.length === 0 ? [] : await this.#attempt(left, mode)
        return appends.map((append) => refused.get(append) ?? resultOf(append, left, results))
      } catch (thrown) {
        if (!(thrown instanceof ProjectionFailed)) throw thrown
        const { stream, eventId } = thrown
        const culprit = left.find(({ events }) => events.some(({ id }) => id === eventId))
        if (!culprit) throw thrown
        const result = { ok: false, stream, error: thrown } as const
        if (mode.atomic) return [result]
        refused.set(culprit, result)
      }
    }
  }

  /** In the caller's transaction only what is done here is undone, and the caller may go on. */
  async #attempt(
    appends: readonly PreparedAppend[],
    { client, ...mode }: AppendMode,
  ): Promise<readonly BatchResult[]> {
    const database = this.#database
    if (!client)
      return database.transaction((own) => this.#appendAndProject(appends, { ...mode, client: own }))
    await database.plain(client, `savepoint ${savepoint}`)
    try {
      const results = await this.#appendAndProject(appends, { ...mode, client })
      await database.plain(client, `release savepoint ${savepoint}`)
      return results
    } catch (thrown) {
      // when the handler ended the transaction there is no savepoint, and what was thrown says so
      await client
        .query(`rollback to savepoint ${savepoint}; release savepoint ${savepoint}`)
        .catch(() => undefined)
      throw thrown
    }
  }

  async #appendAndProject(
    appends: readonly PreparedAppend[],
    mode: AppendMode & { readonly client: ClientBase },
  ): Promise<readonly BatchResult[]> {
    const results = await sendAppends(this.#database, appends, mode)
    if (mode.atomic && results.some(({ ok }) => !ok)) return results
    // what was stored before has been projected then
    const stored = appends.flatMap(({ stream, events }, index) => {
      const result = results[index]
      return result?.ok && result.stored
        ? [{ stream, first: result.version - events.length + 1, added: events.length }]
        : []
    })
    if (stored.length === 0) return results
    const range = [
      textArray(stored.map(({ stream }) => stream)),
      int8Array(stored.map(({ first }) => first)),
      int8Array(stored.map(({ added }) => added)),
    ]
    await this.#project(await this.#database.run(justStored, range, mode.client), mode.client)
    return results
  }

  async #project(rows: readonly Row[], client: ClientBase): Promise<void> {
    const keys = await keyringOf(rows, this.#reading, client)
    for (const row of rows) {
      const event = eventOfRow<EventShape>(row, this.#reading, keys)
      for (const { name, handlers } of this.#projections) {
        if (!Object.hasOwn(handlers, event.type)) continue
        try {
          await handlers[event.type]?.(event, { client })
        } catch (thrown) {
          throw await this.#failure(name, event, thrown, client)
        }
        const trouble = await transactionTrouble(client)
        if (trouble) throw trouble.cause
      }
    }
  }

  /** What a handler threw, unless that was no doing of its own. */
  async #failure(
    name: string,
    event: Recorded<EventShape>,
    thrown: unknown,
    client: ClientBase,
  ): Promise<unknown> {
    const { code } = (thrown ?? {}) as { code?: unknown }
    if (code === '40001' || code === '40P01') return serverError(thrown, 'query')
    // says when the connection is broken, and nothing else: it is allowed in a transaction that failed
    await this.#database.plain(client, '')
    return new ProjectionFailed(name, event, thrown)
  }
}

function resultOf(
  append: PreparedAppend,
  sent: readonly PreparedAppend[],
  results: readonly BatchResult[],
): BatchResult {
  const result = results[sent.indexOf(append)]
  if (!result) throw new TypeError('the server gave no result')
  return result
}
