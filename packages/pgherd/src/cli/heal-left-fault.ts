import { drillWorld } from '../operations/drill/drill-world.ts'
import { healLeftover } from '../operations/drill/heal-leftover.ts'
import { readHealRecord } from '../operations/drill/heal-record.ts'
import type { Invocation } from './command.ts'
import type { Session } from './session.ts'

/**
 * Undoes the fault of a drill that was killed; nothing when there is none. Hold the lock: then whoever made the fault is
 * gone. With `later` a fault that cannot be undone yet, such as one on a server that does not run, is left for another time.
 */
export async function healLeftFault(
  session: Session,
  invocation: Invocation,
  { later = false }: { readonly later?: boolean } = {},
): Promise<void> {
  if (!session.cluster || !readHealRecord(session.topology)) return
  try {
    const healed = await healLeftover(drillWorld(session.context(invocation), {}))
    if (healed)
      invocation.output.line(
        `The drill ${healed.drill} of ${healed.since} was broken off: its fault is undone.`,
      )
  } catch (error) {
    if (!later) throw error
  }
}
