import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { DrillsObservation } from './observation.ts'
import { sampleRun, sampleScheduled } from './sample-drills.ts'

/** A due drill waits this long for others at most, and a little more until that is written down. */
const graceSeconds = 20 * 60

/** A scheduled drill whose newest time passed without a run. One that began and failed is told by drill-failing. */
export const drillOverdue: Check<DrillsObservation> = {
  id: 'drill-overdue',
  about: 'backups',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.drills ?? undefined },
  judge({ runs, scheduled }, { member, now }) {
    return scheduled.flatMap(({ drill, due, attempt, running }) => {
      if (due === null || running) return []
      if ((now.getTime() - Date.parse(due)) / 1000 < graceSeconds) return []
      // run by hand after its time it counts as well
      if (runs.some((run) => run.drill === drill && run.startedAt >= due)) return []
      const tried = attempt !== null && attempt.dueAt >= due ? attempt : undefined
      if (tried && !['refused', 'skipped'].includes(tried.outcome)) return []
      const why = tried?.reason ?? 'nobody tried, so the unit that runs drills does not work'
      return [
        diagnose('DRILL_OVERDUE', {
          detail: `The drill ${drill} behind ${member.name} was due at ${due} and did not run: ${why}. What it would prove is not known.`,
          mend: tried ? mend.run('pgherd', 'drill', drill) : mend.run('pgherd', 'logs', 'drills'),
          at: { member: member.name, path: `drills.schedule.${drill}` },
        }),
      ]
    })
  },
  samples: [
    { about: 'nothing is scheduled', facts: { runs: [sampleRun], scheduled: [] }, expect: [] },
    { about: 'it ran', facts: { runs: [sampleRun], scheduled: [sampleScheduled] }, expect: [] },
    {
      about: 'its first time has not come',
      facts: { runs: [], scheduled: [{ ...sampleScheduled, due: null, attempt: null }] },
      expect: [],
    },
    {
      about: 'it is due just now',
      facts: { runs: [], scheduled: [{ ...sampleScheduled, attempt: null }] },
      expect: [],
      now: '2026-01-10T04:19:00Z',
    },
    {
      about: 'it takes its time',
      facts: { runs: [], scheduled: [{ ...sampleScheduled, attempt: null, running: true }] },
      expect: [],
    },
    {
      about: 'nobody tried',
      facts: { runs: [], scheduled: [{ ...sampleScheduled, attempt: null }] },
      expect: ['DRILL_OVERDUE'],
    },
    {
      about: 'it was refused, and ran the week before',
      facts: {
        runs: [{ ...sampleRun, startedAt: '2026-01-03T04:00:01.000Z' }],
        scheduled: [
          {
            ...sampleScheduled,
            attempt: {
              dueAt: '2026-01-10T04:00:00.000Z',
              startedAt: '2026-01-10T04:14:40.000Z',
              outcome: 'refused',
              reason: 'pg2 does not stream',
            },
          },
        ],
      },
      expect: ['DRILL_OVERDUE'],
    },
    {
      about: 'it was refused, and somebody ran it by hand later',
      facts: {
        runs: [{ ...sampleRun, startedAt: '2026-01-10T09:00:00.000Z' }],
        scheduled: [
          {
            ...sampleScheduled,
            attempt: {
              dueAt: '2026-01-10T04:00:00.000Z',
              startedAt: null,
              outcome: 'skipped',
              reason: 'nobody was there',
            },
          },
        ],
      },
      expect: [],
    },
    {
      about: 'it began and failed, which is told elsewhere',
      facts: {
        runs: [],
        scheduled: [
          {
            ...sampleScheduled,
            attempt: {
              dueAt: '2026-01-10T04:00:00.000Z',
              startedAt: '2026-01-10T04:00:00.500Z',
              outcome: 'failed',
              reason: 'nobody leads',
            },
          },
        ],
      },
      expect: [],
    },
  ],
}
