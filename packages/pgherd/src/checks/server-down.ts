import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { ServerObservation } from './observation.ts'

/** Nothing listens, or the server runs and takes no sessions. */
export const serverDown: Check<ServerObservation> = {
  id: 'server-down',
  about: 'server',
  everySeconds: 1,
  probe: { kind: 'observed', read: (observation) => observation.server },
  judge(server, { member }) {
    const at = { member: member.name }
    if (server.state === 'down')
      return [
        diagnose('SERVER_DOWN', {
          detail: `PostgreSQL on ${member.name} is not running${server.reason ? ` (${server.reason})` : ''}; no application can reach its data.`,
          mend: mend.run('pgherd', 'up'),
          at,
        }),
      ]
    if (server.state === 'refusing')
      return [
        diagnose('SERVER_REFUSING', {
          detail: `PostgreSQL on ${member.name} runs but takes no new sessions: ${server.reason ?? 'no reason given'}.`,
          mend: mend.run('pgherd', 'logs', 'postgres'),
          at,
        }),
      ]
    return []
  },
  samples: [
    { about: 'running', facts: { state: 'up', silentSeconds: 0.4, reason: null }, expect: [] },
    {
      about: 'nothing listens',
      facts: { state: 'down', silentSeconds: 9, reason: 'connection refused' },
      expect: ['SERVER_DOWN'],
    },
    {
      about: 'starting',
      facts: { state: 'refusing', silentSeconds: 2, reason: 'the database system is starting up' },
      expect: ['SERVER_REFUSING'],
    },
    {
      about: 'frozen is another finding',
      facts: { state: 'frozen', silentSeconds: 4, reason: null },
      expect: [],
    },
    { about: 'not looked yet', facts: { state: 'unknown', silentSeconds: null, reason: null }, expect: [] },
  ],
}
