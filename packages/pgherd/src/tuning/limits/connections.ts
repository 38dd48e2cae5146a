import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { sessionsWanted } from '../memory-plan.ts'
import { ownSessionCount, superuserReserved } from '../own-sessions.ts'
import type { Limit } from './limit.ts'

/** The server takes every session the pools may open. */
export const connections: Limit = (sizing, plan) => {
  const wanted = sessionsWanted(sizing)
  if (plan.maxConnections >= wanted) return []
  return [
    diagnose('CONNECTIONS_BELOW_POOL', {
      detail: `max_connections is ${plan.maxConnections}, but ${sizing.spec.postgres.connections} of the pools, ${ownSessionCount} of our own and ${superuserReserved + sizing.version.reservedConnections} reserved make ${wanted}; the last to come would be turned away`,
      mend: mend.advice(
        `remove postgres.settings.max_connections and declare the pools in postgres.connections`,
      ),
      at: { path: 'postgres.settings.max_connections' },
    }),
  ]
}
