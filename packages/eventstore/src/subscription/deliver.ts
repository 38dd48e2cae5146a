import type { Row } from '../database/query.ts'
import type { EventShape } from '../event.ts'
import type { Schemas } from '../event-schemas.ts'
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
  schemas: Schemas,
  context: HandlerContext,
): Promise<Failed | undefined> {
  return plan.handleBatch
    ? deliverTogether(plan.handleBatch, rows, schemas, context)
    : deliverEach(plan, rows, schemas, context)
}

async function deliverEach(
  { handlers }: Plan,
  rows: readonly Row[],
  schemas: Schemas,
  context: HandlerContext,
): Promise<Failed | undefined> {
  for (const [index, row] of rows.entries()) {
    try {
      const event = eventOfRow<EventShape>(row, schemas)
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
  schemas: Schemas,
  context: HandlerContext,
): Promise<Failed | undefined> {
  const events = []
  for (const [index, row] of rows.entries()) {
    try {
      events.push(eventOfRow<EventShape>(row, schemas))
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
