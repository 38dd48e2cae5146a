import type { Row } from '../database/query.ts'
import type { EventShape, Recorded } from '../event.ts'
import { keyringOf, type EventReading } from '../read/event-reading.ts'
import { eventOfRow } from '../read/event-row.ts'
import type { HandlerContext, Plan } from './definition.ts'

/** Which event failed, undefined when only all of them together are known to; and what was thrown. */
export interface Failed {
  readonly culprit: number | undefined
  readonly cause: unknown
}

/** Hands events to their handlers, in order. Undefined when all went well. An event that cannot be read counts as failed. */
export async function deliver(
  plan: Plan,
  rows: readonly Row[],
  reading: EventReading,
  context: HandlerContext,
): Promise<Failed | undefined> {
  const keys = await keyringOf(rows, reading, context.client)
  const eventOf = (row: Row): Recorded<EventShape> => eventOfRow(row, reading, keys)
  return plan.handleBatch
    ? deliverTogether(plan.handleBatch, rows, eventOf, context)
    : deliverEach(plan, rows, eventOf, context)
}

async function deliverEach(
  { handlers }: Plan,
  rows: readonly Row[],
  eventOf: (row: Row) => Recorded<EventShape>,
  context: HandlerContext,
): Promise<Failed | undefined> {
  for (const [index, row] of rows.entries()) {
    try {
      const event = eventOf(row)
      // awaiting what is no promise would cost a turn of the queue per event
      const outcome = handlers?.[event.type]?.(event, context)
      if (outcome instanceof Promise) await outcome
    } catch (cause) {
      return { culprit: index, cause }
    }
  }
  return undefined
}

async function deliverTogether(
  handle: NonNullable<Plan['handleBatch']>,
  rows: readonly Row[],
  eventOf: (row: Row) => Recorded<EventShape>,
  context: HandlerContext,
): Promise<Failed | undefined> {
  const events = []
  for (const [index, row] of rows.entries()) {
    try {
      events.push(eventOf(row))
    } catch (cause) {
      return { culprit: index, cause }
    }
  }
  try {
    await handle(events, context)
    return undefined
  } catch (cause) {
    return { culprit: undefined, cause }
  }
}
