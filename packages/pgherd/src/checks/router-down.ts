import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import { lasts } from './lasting.ts'
import type { ServiceObservation } from './observation.ts'

/** HAProxy does not answer, or leads writes elsewhere than to the primary. */
export const routerDown: Check<ServiceObservation> = {
  id: 'router-down',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.gateway?.router },
  judge(router, { member }) {
    if (router.state === 'ok' || !lasts(router)) return []
    return [
      diagnose('ROUTER_DOWN', {
        detail: `HAProxy at ${member.name} does not lead clients to the primary${router.seconds === null ? '' : ` for ${seconds(router.seconds)}`}: ${router.reason ?? 'no reason given'}. The pool comes in by it as well.`,
        mend: mend.run('pgherd', 'logs', 'haproxy'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'leads to the primary', facts: { state: 'ok', reason: null, seconds: null }, expect: [] },
    {
      about: 'has not noticed a failover yet',
      facts: { state: 'failing', reason: 'it leads to pg1', seconds: 0 },
      expect: [],
    },
    {
      about: 'silent',
      facts: { state: 'failing', reason: 'connection refused', seconds: 5 },
      expect: ['ROUTER_DOWN'],
    },
  ],
}
