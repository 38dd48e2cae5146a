import type { ClientBase } from 'pg'
import { int8Array } from '../database/binary-array.ts'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { wholeNumber } from '../read/whole-number.ts'

/** An event that failed as often as it may, or that waits behind one of its stream. */
export interface FailedEvent {
  readonly position: number
  /** Undefined when the event has been removed from the store since. */
  readonly event:
    | { readonly stream: string; readonly version: number; readonly type: string; readonly id: string }
    | undefined
  /** 0: it was not tried, it waits behind an event of its stream. */
  readonly attempts: number
  readonly error: string
  readonly failedAt: Date
  /** Whether somebody asked for another attempt that has not been made yet. */
  readonly requested: boolean
}

export interface FailedPage {
  /** Position of the last one that is known already; 0 when left out. */
  readonly after?: number
  /** 100 when left out. */
  readonly limit?: number
}

/** All of a subscription's failed events, or those at some positions. */
export type FailedSelection = 'all' | readonly number[]

const list: Query = {
  name: 'failed-list',
  text: (es) => `
    select f.position, s.name, e.version, e.type, e.id, f.attempts, f.error, date_part('epoch', f.failed_at) * 1000, f.requested
    from ${es}.failed_event f left join ${es}.event e on e.position = f.position left join ${es}.stream s on s.id = e.stream_id
    where f.subscription = $1 and f.position > $2 order by f.position limit $3`,
}
const request: Query = {
  name: 'failed-request',
  text: (es) => `
    with requested as (
      update ${es}.failed_event f set requested = true where f.subscription = $1 and ($2::bigint[] is null or exists (
        select from ${es}.failed_event g where g.subscription = f.subscription and g.stream_id = f.stream_id
          and g.position >= f.position and g.position = any($2)))
      returning 1)
    select count(*) from requested`,
}
const discard: Query = {
  name: 'failed-discard',
  text: (es) => `
    with discarded as (
      delete from ${es}.failed_event where subscription = $1 and ($2::bigint[] is null or position = any($2)) returning 1)
    select count(*) from discarded`,
}
const park: Query = {
  name: 'failed-park',
  text: (es) => `
    insert into ${es}.failed_event (subscription, position, partition, stream_id, attempts, error)
    values ($1, $2, $3, $4, $5, $6) on conflict (subscription, position) do nothing`,
}
const firstRequested: Query = {
  name: 'failed-first',
  text: (es) => `
    select position, stream_id, attempts from ${es}.failed_event
    where subscription = $1 and partition = $2 and requested order by position limit 1`,
}
const failAgain: Query = {
  name: 'failed-again',
  text: (es) => `
    update ${es}.failed_event f set requested = false,
      attempts = case when f.position = $2 then f.attempts + 1 else f.attempts end,
      error = case when f.position = $2 then $3 else f.error end,
      failed_at = case when f.position = $2 then clock_timestamp() else f.failed_at end
    -- those behind it must not come before it
    where f.subscription = $1 and f.position >= $2
      and f.stream_id = (select g.stream_id from ${es}.failed_event g where g.subscription = $1 and g.position = $2)`,
}

/** The events that a subscription could not handle: look at them, have them tried again, or drop them. */
export class FailedEvents {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** In the order of their positions. */
  async list(subscription: string, { after, limit }: FailedPage = {}): Promise<readonly FailedEvent[]> {
    const from = wholeNumber('after', after, 0) ?? 0
    const rows = await this.#database.run(list, [subscription, from, wholeNumber('limit', limit, 1) ?? 100])
    return rows.map((row) => ({
      position: Number(column(row, 0)),
      event:
        row[1] == null
          ? undefined
          : { stream: row[1], version: Number(column(row, 2)), type: column(row, 3), id: column(row, 4) },
      attempts: Number(column(row, 5)),
      error: column(row, 6),
      failedAt: new Date(Math.floor(Number(column(row, 7)))),
      requested: row[8] === 't',
    }))
  }

  /** Has them tried once more by whoever runs the subscription, those before them in their streams first; how many that are. */
  async retry(subscription: string, selection: FailedSelection, client?: ClientBase): Promise<number> {
    const [row] = await this.#database.run(request, [subscription, positions(selection)], client)
    return Number(column(row, 0))
  }

  /** Drops them unhandled; those that wait behind them stay until they are retried. How many there were. */
  async discard(subscription: string, selection: FailedSelection, client?: ClientBase): Promise<number> {
    const [row] = await this.#database.run(discard, [subscription, positions(selection)], client)
    return Number(column(row, 0))
  }

  /** Puts an event aside. */
  async park(
    subscription: string,
    partition: number,
    failed: {
      readonly position: number
      readonly streamId: string
      readonly attempts: number
      readonly error: string
    },
    client: ClientBase,
  ): Promise<void> {
    const { position, streamId, attempts, error } = failed
    await this.#database.run(park, [subscription, position, partition, streamId, attempts, error], client)
  }

  /** The first that is to be tried again. */
  async firstRequested(
    subscription: string,
    partition: number,
    client: ClientBase,
  ): Promise<
    { readonly position: number; readonly streamId: string; readonly attempts: number } | undefined
  > {
    const [row] = await this.#database.run(firstRequested, [subscription, partition], client)
    if (!row) return undefined
    return { position: Number(column(row, 0)), streamId: column(row, 1), attempts: Number(column(row, 2)) }
  }

  /** It failed once more. */
  async failAgain(subscription: string, position: number, error: string): Promise<void> {
    await this.#database.run(failAgain, [subscription, position, error])
  }
}

function positions(selection: FailedSelection): Buffer | null {
  return selection === 'all' ? null : int8Array(selection)
}
