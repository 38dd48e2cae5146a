import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { seconds } from './amount.ts'
import type { Check } from './check.ts'
import type { ServerObservation } from './observation.ts'

/** The process exists and its socket accepts, but nothing answers: stopped by a signal, or stuck in the kernel. */
export const serverFrozen: Check<ServerObservation> = {
  id: 'server-frozen',
  about: 'server',
  everySeconds: 1,
  probe: { kind: 'observed', read: (observation) => observation.server },
  judge(server, { member }) {
    if (server.state !== 'frozen') return []
    const since =
      server.silentSeconds === null
        ? 'has not answered since the agent started'
        : `last answered ${seconds(server.silentSeconds)} ago`
    return [
      diagnose('SERVER_FROZEN', {
        detail: `PostgreSQL on ${member.name} exists but does not answer: it ${since}. Applications hang instead of failing.`,
        mend: mend.advice(
          'Look for a stopped process (state T in ps) and continue it with kill -CONT, or for a disk that hangs (state D, dmesg); then `pgherd restart`.',
        ),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'answers', facts: { state: 'up', silentSeconds: 0.2, reason: null }, expect: [] },
    {
      about: 'silent',
      facts: { state: 'frozen', silentSeconds: 3.2, reason: null },
      expect: ['SERVER_FROZEN'],
    },
    {
      about: 'silent from the start',
      facts: { state: 'frozen', silentSeconds: null, reason: null },
      expect: ['SERVER_FROZEN'],
    },
    {
      about: 'dead is another finding',
      facts: { state: 'down', silentSeconds: 30, reason: null },
      expect: [],
    },
  ],
}
