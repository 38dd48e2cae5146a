import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'

/** A partition that this transaction has to itself. */
export interface Claim {
  readonly partition: number
  /** Everything up to here is done. */
  readonly position: number
  /** Of the event that failed last, and how often; 0 when none is being retried. */
  readonly failing: number
  readonly attempts: number
  /** Whether somebody asked for failed events to be tried again. */
  readonly hasRequests: boolean
  /** Ids of streams with failed events. */
  readonly parkedStreams: ReadonlySet<string>
}

const hasRequests = (es: string): string => `exists (
  select from ${es}.failed_event f where f.subscription = s.name and f.partition = s.partition and f.requested)`
const isDue = (es: string, safe: string): string => `
  (s.retry_at is null or s.retry_at <= clock_timestamp()) and (s.position < ${safe} or ${hasRequests(es)})`

const look: Query = {
  name: 'look',
  text: (es) => `
    select h.safe, h.last, exists (select from ${es}.subscription s where s.name = $1 and ${isDue(es, 'h.safe')})
    from ${es}.horizon() h`,
}
const claim: Query = {
  name: 'claim',
  text: (es) => `
    select s.partition, s.position, coalesce(s.failing, 0), s.attempts
    from ${es}.subscription s where s.name = $1 and ${isDue(es, '$2')}
    order by s.position limit 1 for update of s skip locked`,
}
/**
 * A statement of its own: that of the claim sees other tables as they were when it began, and could miss what the last
 * owner of the partition put aside just before letting go of it.
 */
const failedOf: Query = {
  name: 'failed-of',
  text: (es) => `
    select coalesce(bool_or(requested), false), string_agg(distinct stream_id::text, ',')
    from ${es}.failed_event where subscription = $1 and partition = $2`,
}
const lockPartition: Query = {
  name: 'lock-partition',
  text: (es) => `select position from ${es}.subscription where name = $1 and partition = $2 for update`,
}
const moved = `position = $3, failing = null, attempts = 0, retry_at = null, error = null, updated_at = clock_timestamp()`
const advance: Query = {
  name: 'advance',
  text: (es) => `update ${es}.subscription set ${moved} where name = $1 and partition = $2`,
}
/** Nothing was handled: when a crash undoes it, the same stretch is read once more. */
const advanceUnsynced: Query = {
  name: 'advance-unsynced',
  text: (es) => `
    update ${es}.subscription set ${moved} from (select set_config('synchronous_commit', 'off', true)) c
    where name = $1 and partition = $2`,
}
const fail: Query = {
  name: 'fail',
  text: (es) => `
    update ${es}.subscription
    set failing = $3, attempts = $4, retry_at = clock_timestamp() + $5 * interval '1 ms', error = $6
    where name = $1 and partition = $2 and position < $3`,
}
const register: Query = {
  name: 'register',
  text: (es) => `
    insert into ${es}.subscription (name, partition, partitions, position)
    select $1, p, $2::int, $3 from generate_series(0, $2::int - 1) p
    where not exists (select from ${es}.subscription s where s.name = $1)`,
}
const partitionsOf: Query = {
  name: 'partitions-of',
  text: (es) => `select count(*) from ${es}.subscription where name = $1`,
}
const lockName: Query = {
  name: 'lock-name',
  text: () => `select pg_advisory_xact_lock(hashtextextended($1, 0))`,
}

/** Where the partitions of subscriptions are, and who may move them. */
export class Checkpoints {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The horizon, and whether there is something to do up to it. */
  async look(
    name: string,
  ): Promise<{ readonly safe: number; readonly last: number; readonly isDue: boolean }> {
    const [row] = await this.#database.run(look, [name])
    return { safe: Number(column(row, 0)), last: Number(column(row, 1)), isDue: row?.[2] === 't' }
  }

  /** Makes the partitions unless they exist. Throws SUBSCRIPTION_CHANGED when there are more or fewer. */
  async register(name: string, partitions: number, position: number, client: ClientBase): Promise<void> {
    await this.#database.run(lockName, [`pgherd eventstore ${this.#database.schema} ${name}`], client)
    await this.#database.run(register, [name, partitions, position], client)
    const found = await this.partitions(name, client)
    if (found !== partitions) throw changed(name, partitions, found)
  }

  /** How many there are; 0 when the subscription does not exist. */
  async partitions(name: string, client?: ClientBase): Promise<number> {
    const [row] = await this.#database.run(partitionsOf, [name], client)
    return Number(column(row, 0))
  }

  /** Locks the partition that is most behind and that nobody else has; undefined when there is none. */
  async claim(name: string, safe: number, client: ClientBase): Promise<Claim | undefined> {
    const [row] = await this.#database.run(claim, [name, safe], client)
    if (!row) return undefined
    const partition = Number(column(row, 0))
    const [failed] = await this.#database.run(failedOf, [name, partition], client)
    return {
      partition,
      position: Number(column(row, 1)),
      failing: Number(column(row, 2)),
      attempts: Number(column(row, 3)),
      hasRequests: failed?.[0] === 't',
      parkedStreams: new Set(failed?.[1]?.split(',')),
    }
  }

  /** Locks one partition, when its turn has ended; where it is. */
  async lock(name: string, partition: number, client: ClientBase): Promise<number> {
    const [row] = await this.#database.run(lockPartition, [name, partition], client)
    // a subscription that was removed meanwhile is past everything
    return row ? Number(column(row, 0)) : Infinity
  }

  /** Everything up to the position is done; `handled` when that has to survive a crash. */
  async advance(
    name: string,
    partition: number,
    position: number,
    handled: boolean,
    client: ClientBase,
  ): Promise<void> {
    await this.#database.run(handled ? advance : advanceUnsynced, [name, partition, position], client)
  }

  /** The next event failed and is to be tried again after some milliseconds. */
  async fail(
    name: string,
    partition: number,
    failure: {
      readonly position: number
      readonly attempts: number
      readonly delayMs: number
      readonly error: string
    },
  ): Promise<void> {
    const { position, attempts, delayMs, error } = failure
    await this.#database.run(fail, [name, partition, position, attempts, delayMs, error])
  }
}

function changed(name: string, wanted: number, found: number): EventStoreError {
  return new EventStoreError('SUBSCRIPTION_CHANGED', {
    detail: `${JSON.stringify(name)} has ${found} partitions, and ${wanted} were asked for`,
    why: 'with another number each stream would be in another partition, whose checkpoint is elsewhere',
    mend: 'Keep the number, or start a subscription of another name beside it.',
  })
}
