import { createHash, randomUUID } from 'node:crypto'
import type { Database } from '../database/database.ts'
import type { EventShape } from '../event.ts'
import type { EventReading } from '../read/event-reading.ts'
import { readHorizon } from '../read/horizon.ts'
import { Announcer } from './announcer.ts'
import { Checkpoints } from './checkpoint.ts'
import { Consumer } from './consumer.ts'
import { planOf, type Plan, type SubscriptionDefinition } from './definition.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import { FailedEvents } from './failed-events.ts'
import { readLag } from './lag.ts'
import { Listener } from './listener.ts'
import { rebuild, type RebuildDefinition } from './rebuild.ts'
import { Turns } from './turn.ts'
import { WakeSignal } from './wake-signal.ts'

/** A subscription that this process takes part in. */
export interface Subscription {
  readonly name: string
  /** Resolves when all that is in the store now has been handled or put aside, by whichever process. */
  caughtUp(signal?: AbortSignal): Promise<void>
  /** Lets the batch under way end, and takes no more. */
  stop(): Promise<void>
}

const smallestListeningPool = 4

/** Shortest time between two announcements, in milliseconds: each costs a transaction. */
const announceMs = 4

/** The subscriptions of one store, and how they learn that there is something to read. */
export class Subscriptions {
  readonly failedEvents: FailedEvents
  readonly #database: Database
  readonly #reading: EventReading
  readonly #checkpoints: Checkpoints
  /** Names of inline projections. */
  readonly #inline: ReadonlySet<string>
  readonly #signal = new WakeSignal()
  readonly #announcer: Announcer | undefined
  readonly #listener: Listener | undefined
  readonly #running = new Set<Subscription>()
  readonly #closed = new AbortController()

  constructor(database: Database, reading: EventReading, wakeUp: boolean, inline: ReadonlySet<string>) {
    this.#database = database
    this.#inline = inline
    this.#reading = reading
    this.#checkpoints = new Checkpoints(database)
    this.failedEvents = new FailedEvents(database)
    // of a smaller pool a connection that only listens would be missed by appends and turns: it polls
    if (!wakeUp || database.connections < smallestListeningPool) return
    const channel = `pgherd_es_${createHash('sha256').update(database.schema).digest('hex').slice(0, 16)}`
    const sender = randomUUID()
    this.#announcer = new Announcer(database, channel, sender, announceMs)
    this.#listener = new Listener(database, channel, sender, () => this.#signal.wake())
  }

  /** Has readers look, here and in other processes. */
  wake(): void {
    this.#signal.wake()
    this.#announcer?.announce()
  }

  /** Makes the checkpoint unless there is one, and begins to handle events. Throws INVALID_OPTION, SUBSCRIPTION_CHANGED, READ_ONLY. */
  async subscribe<E extends EventShape>(
    definition: SubscriptionDefinition<E>,
    warn: (error: unknown) => void,
  ): Promise<Subscription> {
    this.#checkHasPool()
    const plan = planOf(definition, warn)
    if (this.#inline.has(plan.name)) throw isInline(plan.name)
    const position = await this.#start(plan)
    await this.#database.transaction((client) =>
      this.#checkpoints.register(plan.name, plan.partitions, position, client),
    )
    this.#listener?.start()
    const consumer = new Consumer(plan, this.#checkpoints, new Turns(plan, this.#tools), this.#signal)
    const subscription: Subscription = {
      name: plan.name,
      caughtUp: (signal) => this.#caughtUp(plan.name, signal),
      stop: async () => {
        this.#running.delete(subscription)
        await consumer.stop()
      },
    }
    this.#running.add(subscription)
    return subscription
  }

  async rebuild<E extends EventShape>(definition: RebuildDefinition<E>): Promise<void> {
    this.#checkHasPool()
    const { name } = definition
    await rebuild(definition, this.#inline.has(name), this.#tools, this.#closed.signal)
    this.wake()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    await Promise.all([...this.#running].map((subscription) => subscription.stop()))
    await this.#listener?.close()
    await this.#announcer?.close()
  }

  #checkHasPool(): void {
    if (!this.#database.isOneClient) return
    throw new EventStoreError('INVALID_OPTION', {
      detail: 'the store was given one client, and subscriptions and rebuilds need connections of their own',
      why: 'they listen and work while others append',
      mend: 'Give it a pool: `new EventStore({ pool: new pg.Pool(...) })`.',
    })
  }

  get #tools(): ConstructorParameters<typeof Turns>[1] {
    const { failedEvents } = this
    return { database: this.#database, reading: this.#reading, checkpoints: this.#checkpoints, failedEvents }
  }

  async #start({ from }: Plan): Promise<number> {
    if (from === 'beginning') return 0
    return from === 'end' ? (await readHorizon(this.#database)).safe : from
  }

  async #caughtUp(name: string, signal: AbortSignal = this.#closed.signal): Promise<void> {
    const { last: target } = await readHorizon(this.#database)
    for (;;) {
      const { partitions } = await readLag(this.#database, name)
      if (partitions.every(({ position }) => position >= target)) return
      signal.throwIfAborted()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

function isInline(name: string): EventStoreError {
  return new EventStoreError('INVALID_OPTION', {
    detail: `${JSON.stringify(name)} is an inline projection of this store`,
    why: '`rebuild` could not tell which of the two is meant',
    mend: 'Give the subscription another name.',
  })
}
