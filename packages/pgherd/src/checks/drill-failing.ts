import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Check, Situation } from './check.ts'
import type { DrillRunObservation, DrillsObservation, ScheduledDrillObservation } from './observation.ts'
import { sampleRun, sampleScheduled } from './sample-drills.ts'

/** The newest run of each drill decides, whoever started it: until it goes well, the promise it tests is not kept. */
export const drillFailing: Check<DrillsObservation> = {
  id: 'drill-failing',
  about: 'backups',
  everySeconds: 60,
  probe: { kind: 'observed', read: (observation) => observation.drills ?? undefined },
  judge({ runs, scheduled }, situation) {
    const names = new Set([...runs, ...scheduled].map(({ drill }) => drill))
    return [...names].flatMap((name) => {
      const run = runs.find(({ drill }) => drill === name)
      const attempt = scheduled.find(({ drill }) => drill === name)?.attempt
      const newer = (attempt?.startedAt ?? '') > (run?.startedAt ?? '')
      if (attempt && newer && ['failed', 'interrupted'].includes(attempt.outcome))
        return [brokenOff(name, attempt, situation)]
      return run && !run.objectivesMet ? [missed(run, situation)] : []
    })
  },
  samples: [
    { about: 'none ran', facts: { runs: [], scheduled: [] }, expect: [] },
    { about: 'good', facts: { runs: [sampleRun], scheduled: [sampleScheduled] }, expect: [] },
    {
      about: 'too slow',
      facts: {
        runs: [
          {
            ...sampleRun,
            objectivesMet: false,
            failed: ['kill-postgres: no write succeeded for 31.0 s, the objective is 30.0 s'],
          },
        ],
        scheduled: [],
      },
      expect: ['DRILL_FAILING'],
    },
    {
      about: 'writes were lost in one drill, two primaries seen in another',
      facts: {
        runs: [
          { ...sampleRun, objectivesMet: false, lostAcknowledgedWrites: 3, failed: ['3 are gone'] },
          {
            ...sampleRun,
            drill: 'kill-member',
            objectivesMet: false,
            duplicatePrimaries: 1,
            failed: ['two'],
          },
        ],
        scheduled: [],
      },
      expect: ['DRILL_UNSAFE', 'DRILL_UNSAFE'],
    },
    {
      about: 'the newest was broken off after a good one',
      facts: {
        runs: [sampleRun],
        scheduled: [scheduledWith('interrupted', '2026-01-10T05:00:00.000Z', 'it was ended by SIGKILL')],
      },
      expect: ['DRILL_FAILING'],
    },
    {
      about: 'one was broken off, and a later one by hand was good',
      facts: {
        runs: [sampleRun],
        scheduled: [scheduledWith('failed', '2026-01-10T03:00:00.000Z', 'nobody leads')],
      },
      expect: [],
    },
  ],
}

function missed(run: DrillRunObservation, { member, spec }: Situation): Diagnostic {
  const lost = run.lostAcknowledgedWrites > spec.drills.objectives.lostWrites
  const why = run.failed.slice(0, 3).join('; ') || 'its result says no more'
  return diagnose(lost || run.duplicatePrimaries > 0 ? 'DRILL_UNSAFE' : 'DRILL_FAILING', {
    detail: `The drill ${run.drill} of ${run.startedAt} behind ${member.name} missed its objectives: ${why}.`,
    mend: mend.advice(
      `Look at what happened with \`pgherd drill --history\`, put it right, and run \`pgherd drill ${run.drill}\` again: the newest run counts.`,
    ),
    at: { member: member.name, path: 'drills.objectives' },
  })
}

function brokenOff(
  drill: string,
  { startedAt, reason }: NonNullable<ScheduledDrillObservation['attempt']>,
  { member }: Situation,
): Diagnostic {
  return diagnose('DRILL_FAILING', {
    detail: `The drill ${drill}, begun by its schedule at ${startedAt ?? '?'} behind ${member.name}, was broken off: ${reason ?? 'nobody knows why'}.`,
    mend: mend.run('pgherd', 'logs', 'drills'),
    at: { member: member.name, path: `drills.schedule.${drill}` },
  })
}

function scheduledWith(
  outcome: 'failed' | 'interrupted',
  startedAt: string,
  reason: string,
): ScheduledDrillObservation {
  return { ...sampleScheduled, attempt: { dueAt: startedAt, startedAt, outcome, reason } }
}
