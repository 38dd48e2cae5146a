import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { JobObservation } from './observation.ts'

/** Scheduled work whose newest run failed. */
export const jobFailing: Check<readonly JobObservation[]> = {
  id: 'job-failing',
  about: 'agent',
  everySeconds: 10,
  probe: { kind: 'observed', read: (observation) => observation.jobs },
  judge(jobs, { member }) {
    return jobs
      .filter((job) => !job.ok)
      .map((job) =>
        diagnose('JOB_FAILING', {
          detail: `The ${job.kind} job of ${member.name} failed ${job.failures === 1 ? 'once' : `${job.failures} times in a row`}, last at ${job.finishedAt}: ${job.reason ?? 'no reason recorded'}`,
          mend: mend.run('pgherd', 'logs', 'agent'),
          at: { member: member.name },
        }),
      )
  },
  samples: [
    { about: 'none ran', facts: [], expect: [] },
    {
      about: 'good',
      facts: [{ kind: 'backup', ok: true, finishedAt: '2026-01-10T01:31:00Z', failures: 0, reason: null }],
      expect: [],
    },
    {
      about: 'failed',
      facts: [
        { kind: 'backup', ok: false, finishedAt: '2026-01-10T01:31:00Z', failures: 2, reason: 'disk full' },
      ],
      expect: ['JOB_FAILING'],
    },
  ],
}
