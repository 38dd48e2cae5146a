import type { ClientBase } from 'pg'
import { column, type Row } from '../database/query.ts'
import { readRange, streamIdOfRow } from '../read/read-all.ts'
import { isFirst, limitAfterFailure, limitAfterSuccess } from './batch-limit.ts'
import type { Claim } from './checkpoint.ts'
import type { Plan } from './definition.ts'
import { deliver } from './deliver.ts'
import { errorText, HandlerFailure } from './handler-failure.ts'
import { delayAfter } from './retry-policy.ts'
import { RetryFailure, retryRequested } from './retry-requested.ts'
import { transactionTrouble } from './transaction-trouble.ts'
import type { TurnTools } from './turn-tools.ts'

/** What a turn leaves: nothing was claimed, there may be more to claim, or all of it is done. */
export type Left = 'unclaimed' | 'more' | 'none'

/** Handles one batch of one partition after the other. */
export class Turns {
  readonly #plan: Plan
  readonly #tools: TurnTools
  /** Events to take next, per partition, where that is not the full batch. */
  readonly #limits = new Map<number, number>()

  constructor(plan: Plan, tools: TurnTools) {
    this.#plan = plan
    this.#tools = tools
  }

  /**
   * Claims a partition, handles its next events up to `safe` and moves its checkpoint, all in one transaction; what
   * is left then. A failed handler is noted, or its event put aside; throws only what is no handler's.
   */
  async take(safe: number): Promise<Left> {
    const { database, checkpoints } = this.#tools
    const { name } = this.#plan
    try {
      return await database.transaction(async (client) => {
        const claim = await checkpoints.claim(name, safe, client)
        if (!claim) return 'unclaimed'
        if (claim.hasRequests) {
          await retryRequested(this.#plan, claim.partition, this.#tools, client)
          return 'more'
        }
        const end = await this.#handle(claim, safe, client)
        // the look for another partition would cost as much as half of the turn
        return end === safe && this.#plan.partitions === 1 ? 'none' : 'more'
      })
    } catch (thrown) {
      if (thrown instanceof HandlerFailure) await this.#note(thrown)
      else if (thrown instanceof RetryFailure)
        await this.#tools.failedEvents.failAgain(name, thrown.position, errorText(thrown.cause))
      else throw thrown
      this.#plan.onError(thrown.cause)
      return 'more'
    }
  }

  /** Where the partition is then. */
  async #handle(
    { partition, position, failing, attempts, parkedStreams }: Claim,
    safe: number,
    client: ClientBase,
  ): Promise<number> {
    const { name, types, partitions, batchSize, onFailure } = this.#plan
    const { database, reading, checkpoints } = this.#tools
    const limit = this.#limits.get(partition) ?? batchSize
    const range = { after: position, upTo: safe, types, limit, partition, partitions }
    const rows = await readRange(database, range, client)
    const parked = onFailure === 'park-stream' && parkedStreams.size > 0 ? parkedStreams : undefined
    const due = parked ? rows.filter((row) => !parked.has(streamIdOfRow(row))) : rows
    if (parked) await this.#parkBehind(rows, parked, partition, client)
    const [first] = due
    if (first) {
      const earlier = positionOf(first) === failing ? attempts : 0
      const context = { client, subscription: name, partition, attempt: earlier + 1 }
      const failed = (await deliver(this.#plan, due, reading, context)) ?? (await transactionTrouble(client))
      if (failed) {
        const facts = { partition, size: due.length, culprit: failed.culprit, attempts: earlier }
        throw new HandlerFailure(
          { ...facts, position: positionOf(first), streamId: streamIdOfRow(first) },
          failed.cause,
        )
      }
    }
    const end = rows.length < limit ? safe : positionOf(rows.at(-1))
    await checkpoints.advance(name, partition, end, rows.length > 0, client)
    if (limit < batchSize) this.#limits.set(partition, limitAfterSuccess(limit, batchSize))
    return end
  }

  async #parkBehind(
    rows: readonly Row[],
    parked: ReadonlySet<string>,
    partition: number,
    client: ClientBase,
  ): Promise<void> {
    for (const row of rows) {
      const streamId = streamIdOfRow(row)
      if (!parked.has(streamId)) continue
      const failed = {
        position: positionOf(row),
        streamId,
        attempts: 0,
        error: 'waits behind a failed event of its stream',
      }
      await this.#tools.failedEvents.park(this.#plan.name, partition, failed, client)
    }
  }

  /** After the transaction was undone: finds the event that fails, and tries it again later or puts it aside. */
  async #note({
    partition,
    size,
    culprit,
    position,
    streamId,
    attempts,
    cause,
  }: HandlerFailure): Promise<void> {
    const { name, retry } = this.#plan
    this.#limits.set(partition, limitAfterFailure(size, culprit))
    if (!isFirst(size, culprit)) return
    const error = errorText(cause)
    const delayMs = delayAfter(attempts + 1, retry)
    const { database, checkpoints, failedEvents } = this.#tools
    if (delayMs !== undefined) {
      await checkpoints.fail(name, partition, { position, attempts: attempts + 1, delayMs, error })
      return
    }
    await database.transaction(async (client) => {
      // somebody else may have had it since, and handled the event or put it aside
      if ((await checkpoints.lock(name, partition, client)) >= position) return
      await failedEvents.park(name, partition, { position, streamId, attempts: attempts + 1, error }, client)
      await checkpoints.advance(name, partition, position, true, client)
    })
  }
}

function positionOf(row: Row | undefined): number {
  return Number(column(row, 0))
}
