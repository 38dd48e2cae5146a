import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { DrillsObservation } from './observation.ts'
import { sampleRun, sampleScheduled } from './sample-drills.ts'

/** A drill that was killed cannot undo what it did: a member stays cut off, stopped or full until somebody does. */
export const drillUnhealed: Check<DrillsObservation> = {
  id: 'drill-unhealed',
  about: 'server',
  everySeconds: 15,
  probe: { kind: 'observed', read: (observation) => observation.drills ?? undefined },
  judge({ unhealed }, { member }) {
    if (!unhealed) return []
    const on = unhealed.member === '' ? '' : ` on ${unhealed.member}`
    return [
      diagnose('DRILL_UNHEALED', {
        detail: `The drill ${unhealed.drill}${on} behind ${member.name} made a fault at ${unhealed.since}, ended before it undid it, and no drill runs now: what it took away is still away.`,
        mend: mend.run('pgherd', 'drill', '--heal'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'nobody looked for it', facts: { runs: [sampleRun], scheduled: [] }, expect: [] },
    {
      about: 'every fault was undone, or its drill is at work',
      facts: { runs: [sampleRun], scheduled: [sampleScheduled], unhealed: null },
      expect: [],
    },
    {
      about: 'a drill was killed while a member was cut off',
      facts: {
        runs: [sampleRun],
        scheduled: [],
        unhealed: { drill: 'partition-primary', member: 'pg2', since: '2026-01-10T04:00:01.000Z' },
      },
      expect: ['DRILL_UNHEALED'],
    },
    {
      about: 'a drill that hit nobody in particular',
      facts: {
        runs: [],
        scheduled: [],
        unhealed: { drill: 'repo-down', member: '', since: '2026-01-10T04:00:01.000Z' },
      },
      expect: ['DRILL_UNHEALED'],
    },
  ],
}
