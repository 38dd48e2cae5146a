import type { ClientBase } from 'pg'
import type { Query } from '../database/query.ts'
import { readRange } from '../read/read-all.ts'
import type { Plan } from './definition.ts'
import { deliver } from './deliver.ts'
import { transactionTrouble } from './transaction-trouble.ts'
import type { TurnTools } from './turn-tools.ts'

/** A failed event failed again. Never leaves the subscription. */
export class RetryFailure extends Error {
  readonly position: number

  constructor(position: number, cause: unknown) {
    super('a failed event failed again', { cause })
    this.name = 'RetryFailure'
    this.position = position
  }
}

const remove: Query = {
  name: 'failed-remove',
  text: (es) => `delete from ${es}.failed_event where subscription = $1 and position = $2`,
}

/**
 * Handles the first failed event of a partition that somebody wants tried again, and takes it off the list; one whose
 * event has been removed from the store since too. Throws RetryFailure.
 */
export async function retryRequested(
  plan: Plan,
  partition: number,
  { database, reading, failedEvents }: TurnTools,
  client: ClientBase,
): Promise<void> {
  const failed = await failedEvents.firstRequested(plan.name, partition, client)
  if (!failed) return
  const { position, attempts } = failed
  const range = {
    after: position - 1,
    upTo: position,
    types: undefined,
    limit: 1,
    partition: 0,
    partitions: 1,
  }
  const rows = await readRange(database, range, client)
  const context = { client, subscription: plan.name, partition, attempt: attempts + 1 }
  const trouble = (await deliver(plan, rows, reading, context)) ?? (await transactionTrouble(client))
  if (trouble) throw new RetryFailure(position, trouble.cause)
  await database.run(remove, [plan.name, position], client)
}
