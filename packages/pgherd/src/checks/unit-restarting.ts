import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { UnitObservation } from './observation.ts'

/** Restarts within ten minutes that are no accident any more. */
const most = 3

/** A program that ends over and over: the supervisor starts it again each time, so that nothing else shows it for long. */
export const unitRestarting: Check<readonly UnitObservation[]> = {
  id: 'unit-restarting',
  about: 'host',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.units },
  judge(units) {
    return units
      .filter(({ recentRestarts }) => recentRestarts >= most)
      .map(({ member, name, recentRestarts, lastExit }) =>
        diagnose('UNIT_RESTARTING', {
          detail: `${name} of ${member} was started again ${recentRestarts} times within ten minutes${lastExit === null ? '' : ` (${lastExit})`}.`,
          mend: mend.run('pgherd', 'logs', name, '--member', member),
          at: { member },
        }),
      )
  },
  samples: [
    { about: 'nothing is known', facts: [], expect: [] },
    {
      about: 'once is an accident',
      facts: [
        { member: 'pg1', name: 'etcd', restarts: 40, recentRestarts: 1, lastExit: 'killed by SIGKILL' },
      ],
      expect: [],
    },
    {
      about: 'again and again',
      facts: [
        { member: 'pg1', name: 'etcd', restarts: 5, recentRestarts: 3, lastExit: 'exited with code 1' },
      ],
      expect: ['UNIT_RESTARTING'],
    },
  ],
}
