import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import { lasts } from './lasting.ts'
import type { ServiceObservation } from './observation.ts'

/** Longer than any pause of an operation of ours, in seconds. */
const longestHold = 40

/** An application cannot log in to the pool, or waits there: the servers may be well, and nobody reaches them. */
export const poolerDown: Check<ServiceObservation> = {
  id: 'pooler-down',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.gateway?.pooler },
  judge(pooler, { member }) {
    const at = { member: member.name }
    const forText = pooler.seconds === null ? '' : ` for ${seconds(pooler.seconds)}`
    const why = pooler.reason ?? 'no reason given'
    if (pooler.state === 'failing' && lasts(pooler))
      return [
        diagnose('POOLER_DOWN', {
          detail: `Applications cannot log in to the pool of ${member.name}${forText}: ${why}.`,
          mend: mend.run('pgherd', 'logs', 'pgbouncer'),
          at,
        }),
      ]
    if (pooler.state === 'waiting' && lasts(pooler, longestHold))
      return [
        diagnose('POOLS_HELD', {
          detail: `Clients of the pool of ${member.name} wait${forText}: ${why}.`,
          mend: mend.advice(
            'paused by hand: RESUME on the console of PgBouncer. Else look for long transactions (pgherd health), or raise postgres.connections',
          ),
          at,
        }),
      ]
    return []
  },
  samples: [
    { about: 'clients are served', facts: { state: 'ok', reason: null, seconds: null }, expect: [] },
    {
      about: 'a single failure is no finding',
      facts: { state: 'failing', reason: 'connection reset', seconds: 0 },
      expect: [],
    },
    {
      about: 'no login',
      facts: { state: 'failing', reason: 'connection refused', seconds: 5 },
      expect: ['POOLER_DOWN'],
    },
    {
      about: 'seen once, and nobody looks again',
      facts: { state: 'failing', reason: 'connection refused', seconds: null },
      expect: ['POOLER_DOWN'],
    },
    {
      about: 'a switchover holds clients back',
      facts: { state: 'waiting', reason: 'app paused', seconds: 20 },
      expect: [],
    },
    {
      about: 'somebody forgot to resume',
      facts: { state: 'waiting', reason: 'app paused', seconds: 60 },
      expect: ['POOLS_HELD'],
    },
  ],
}
