import type { ClientBase } from 'pg'
import { column, type Query } from '../database/query.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { EventShape } from '../event.ts'
import { withEventTable } from '../partitions/table-lock.ts'
import { planOf, rebuildSuffix, type Plan, type SubscriptionDefinition } from './definition.ts'
import { missing } from './lag.ts'
import { Turns } from './turn.ts'
import type { TurnTools } from './turn-tools.ts'

/** A second run of a subscription or an inline projection over all events, into tables beside those of the live one. */
export interface RebuildDefinition<E extends EventShape> extends Pick<
  SubscriptionDefinition<E>,
  'name' | 'handle' | 'types' | 'batchSize'
> {
  /** Makes the tables beside the live ones, empty: what an earlier rebuild left behind has to go. */
  readonly prepare: (client: ClientBase) => Promise<unknown>
  /** Puts them in the place of the live ones, for instance by renaming, while nothing writes those. An inline projection's may be tried again. */
  readonly swap: (client: ClientBase) => Promise<unknown>
}

const lockRebuild: Query = {
  name: 'lock-rebuild',
  text: () => `select pg_try_advisory_lock(hashtextextended($1, 1))`,
}
const unlockRebuild: Query = {
  name: 'unlock-rebuild',
  text: () => `select pg_advisory_unlock(hashtextextended($1, 1))`,
}
const forget: Query = { name: 'forget', text: (es) => `delete from ${es}.subscription where name = $1` }
/** Waits for the turns under way, and keeps others from being taken. */
const lockLive: Query = {
  name: 'lock-live',
  text: (es) => `select partition from ${es}.subscription where name = $1 order by partition for update`,
}
/** The live subscription goes on from where the rebuilt tables are; what failed before has been handled in them. */
const takeOver: Query = {
  name: 'take-over',
  text: (es) => `
    with rebuilt as (delete from ${es}.subscription where name = $2 returning partition, position),
      failed as (delete from ${es}.failed_event f using rebuilt r
        where f.subscription = $1 and f.partition = r.partition and f.position <= r.position)
    update ${es}.subscription s
    set position = r.position, failing = null, attempts = 0, retry_at = null, error = null, updated_at = clock_timestamp()
    from rebuilt r where s.name = $1 and s.partition = r.partition`,
}

/**
 * Handles all events once more beside the live subscription, then stops that for the last of them and swaps, in one
 * transaction. That of an inline projection stops all appends. Throws what `prepare`, a handler or `swap` throws, and
 * leaves the live tables as they are then; SUBSCRIPTION_MISSING, SUBSCRIPTION_CHANGED while another rebuild of it runs,
 * PARTITION_BUSY.
 */
export async function rebuild<E extends EventShape>(
  definition: RebuildDefinition<E>,
  isInline: boolean,
  tools: TurnTools,
  signal: AbortSignal,
): Promise<void> {
  const { database, checkpoints } = tools
  const partitions = isInline ? 1 : await checkpoints.partitions(definition.name)
  if (partitions === 0) throw missing(definition.name)
  const plan = {
    ...planOf({ ...definition, partitions }, () => undefined),
    name: `${definition.name}${rebuildSuffix}`,
  }
  const lockKey = `pgherd eventstore ${database.schema} ${plan.name}`
  await database.withClient(async (client) => {
    const [row] = await database.run(lockRebuild, [lockKey], client)
    if (column(row, 0) !== 't') throw busy(definition.name)
    try {
      await database.transaction(async (preparing) => {
        await definition.prepare(preparing)
        await database.run(forget, [plan.name], preparing)
        await checkpoints.register(plan.name, partitions, 0, preparing)
      })
      await catchUp(plan, tools, signal)
      if (isInline) await swapInline(definition, plan, tools, signal)
      else await swapLive(definition, plan, tools, signal)
    } finally {
      // a connection that broke has let go of the lock, and what is left of the checkpoint the next rebuild removes
      await database.run(forget, [plan.name], client).catch(() => undefined)
      await database.run(unlockRebuild, [lockKey], client).catch(() => undefined)
    }
  })
}

async function swapLive<E extends EventShape>(
  { name, swap }: RebuildDefinition<E>,
  plan: Plan,
  tools: TurnTools,
  signal: AbortSignal,
): Promise<void> {
  const { database } = tools
  await database.transaction(async (swapping) => {
    await database.run(lockLive, [name], swapping)
    // the live one stands still, and all it has handled is settled
    await catchUp(plan, tools, signal)
    await swap(swapping)
    await database.run(takeOver, [name, plan.name], swapping)
  })
}

/** What is left to handle when appends stop takes at most about so long, unless it no longer shrinks. */
const standstillMs = 200

/** The live one is every append: each changes a row of its stream, so a lock on that table stops them all. */
async function swapInline<E extends EventShape>(
  { swap }: RebuildDefinition<E>,
  plan: Plan,
  tools: TurnTools,
  signal: AbortSignal,
): Promise<void> {
  const { database } = tools
  for (let took = Infinity, before = Infinity; took > standstillMs && took <= before;) {
    before = took * 0.9
    const begun = performance.now()
    await catchUp(plan, tools, signal)
    took = performance.now() - begun
  }
  const swapping = async (client: ClientBase): Promise<void> => {
    // whoever waits with an append holds the horizon up, but has no position yet: all of them are settled
    await catchUp(plan, tools, signal, 'last')
    await swap(client)
  }
  await withEventTable(database, swapping, `${database.es}.stream`, 'share row exclusive')
}

async function catchUp(
  plan: Plan,
  tools: TurnTools,
  signal: AbortSignal,
  upTo: 'safe' | 'last' = 'safe',
): Promise<void> {
  let failure: unknown
  const turns = new Turns({ ...plan, onError: (error) => (failure ??= { error }) }, tools)
  const { [upTo]: end } = await tools.checkpoints.look(plan.name)
  while ((await turns.take(end)) === 'more') {
    signal.throwIfAborted()
    if (failure !== undefined) throw (failure as { error: unknown }).error
  }
}

function busy(name: string): EventStoreError {
  return new EventStoreError('SUBSCRIPTION_CHANGED', {
    detail: `another rebuild of ${JSON.stringify(name)} is under way`,
    why: 'two would write the same tables',
    mend: 'Wait until it has ended.',
  })
}
