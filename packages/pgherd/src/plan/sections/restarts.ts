import { isUp } from '../observed.ts'
import type { Section } from '../section.ts'
import { overridesInForce } from './auto-conf.ts'

/** Settings that wait for a restart of a cluster's server: Patroni restarts it, one member after the other. */
export const restarts: Section = {
  name: 'restarts',
  draft(wanted, observed) {
    if (wanted.kind !== 'server' || !isUp(observed.server)) return []
    const { pendingRestart, autoConf } = observed.server
    const waiting = pendingRestart.filter((name) => autoConf[name] === undefined)
    const overrides = overridesInForce(wanted, observed)
    if (waiting.length === 0 && overrides.length === 0) return []
    const because = [
      ...(waiting.length > 0 ? [`${waiting.join(', ')} wait for a restart`] : []),
      ...(overrides.length > 0 ? [`it was started with ${overrides.join(', ')} of ALTER SYSTEM`] : []),
    ]
    return [
      {
        id: 'restart-postgres',
        title: `restart PostgreSQL of ${wanted.member}`,
        because: because.join('; '),
        cause: 'change',
        impact: 'restart',
        action: { do: 'restart-postgres', member: wanted.member },
      },
    ]
  },
}
