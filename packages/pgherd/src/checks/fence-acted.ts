import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { FenceObservation } from './observation.ts'

/** For how long it is told, in seconds: whoever looks once a day must see it. */
const toldFor = 86_400

/** A fence stopped its PostgreSQL, or killed a frozen Patroni: the cluster has mended itself, and the cause is still there. */
export const fenceActed: Check<readonly FenceObservation[]> = {
  id: 'fence-acted',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.fences },
  judge(fences, { now }) {
    return fences.flatMap(({ member, lastAction }) => {
      if (!lastAction || now.getTime() - Date.parse(lastAction.time) > toldFor * 1000) return []
      const { left } = lastAction
      const did =
        lastAction.do === 'stop-server' ? `stopped PostgreSQL of ${member}` : `killed Patroni of ${member}`
      return [
        diagnose('FENCE_ACTED', {
          detail: `The fence ${did} at ${lastAction.time}: ${lastAction.why}.${left.length > 0 ? ` These processes did not go: ${left.join(', ')}.` : ''}`,
          mend: mend.run('pgherd', 'logs', 'fence', '--member', member),
          at: { member },
        }),
      ]
    })
  },
  samples: [
    {
      about: 'nothing to do',
      facts: [{ member: 'pg1', silentSeconds: 0.5, lastAction: null }],
      expect: [],
    },
    {
      about: 'stopped a server this morning',
      facts: [
        {
          member: 'pg1',
          silentSeconds: 0.5,
          lastAction: {
            do: 'stop-server',
            why: 'Patroni last read etcd 5.0 s ago',
            time: '2026-01-10T06:00:00Z',
            left: [],
          },
        },
      ],
      expect: ['FENCE_ACTED'],
    },
    {
      about: 'last week',
      facts: [
        {
          member: 'pg1',
          silentSeconds: 0.5,
          lastAction: { do: 'restart-patroni', why: 'silent', time: '2026-01-03T06:00:00Z', left: [] },
        },
      ],
      expect: [],
    },
  ],
}
