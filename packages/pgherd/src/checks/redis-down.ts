import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import { lasts } from './lasting.ts'
import type { ServiceObservation } from './observation.ts'

/** The Redis that the spec declares does not answer to its password. */
export const redisDown: Check<ServiceObservation> = {
  id: 'redis-down',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.gateway?.redis },
  judge(redis, { member }) {
    if (redis.state === 'ok' || !lasts(redis)) return []
    return [
      diagnose('REDIS_DOWN', {
        detail: `Redis at ${member.name} does not answer${redis.seconds === null ? '' : ` for ${seconds(redis.seconds)}`}: ${redis.reason ?? 'no reason given'}.`,
        mend: mend.run('pgherd', 'logs', 'redis'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'answers', facts: { state: 'ok', reason: null, seconds: null }, expect: [] },
    {
      about: 'a restart',
      facts: { state: 'failing', reason: 'connection refused', seconds: 0 },
      expect: [],
    },
    {
      about: 'gone',
      facts: { state: 'failing', reason: 'connection refused', seconds: 10 },
      expect: ['REDIS_DOWN'],
    },
  ],
}
