import type { ServerObservation } from '../../checks/observation.ts'
import { systemClock } from '../clock.ts'
import type { HttpParts } from '../http/parts.ts'
import type { JobRecord } from '../scheduler/job.ts'
import type { StatusDocument } from '../status-document.ts'
import { quietLog } from './quiet-log.testkit.ts'

export const sampleJob: JobRecord = {
  id: 'backup-20260110T120000Z-1',
  kind: 'backup',
  cause: 'request',
  state: 'queued',
  queuedAt: '2026-01-10T12:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  seconds: null,
  progress: null,
  summary: null,
  findings: [],
}

export const sampleStatus: StatusDocument = {
  name: 'demo',
  healthy: true,
  members: [
    {
      name: 'pg1',
      role: 'primary',
      timeline: 1,
      lagBytes: 0,
      version: '18.4',
      flavour: 'embedded',
      state: 'up',
    },
  ],
  proof: null,
  backups: {
    count: 0,
    newest: null,
    windowFrom: null,
    windowTo: null,
    archive: { state: 'streaming', lagBytes: 0, lagSeconds: 0.2 },
  },
  certificates: [],
  findings: [],
}

/** An agent without a database behind it, for tests of the HTTP interface alone. */
export function httpParts(change: Partial<HttpParts> = {}): HttpParts {
  const up: ServerObservation = { state: 'up', silentSeconds: 0.1, reason: null }
  const started = new Set<string>()
  return {
    clock: systemClock,
    log: quietLog(),
    server: () => up,
    status: () => sampleStatus,
    current: () => Promise.resolve(sampleStatus),
    metrics: () =>
      Promise.resolve([{ name: 'pg_up', help: 'up', type: 'gauge', samples: [{ labels: {}, value: 1 }] }]),
    ask: () => Promise.resolve([]),
    backups: () => Promise.resolve([]),
    proofs: () => Promise.resolve([]),
    jobs: {
      list: () => [sampleJob],
      find: (id) => (id === sampleJob.id ? sampleJob : undefined),
      underWay: () => sampleJob,
      request: (kind) => {
        if (started.has(kind)) return undefined
        started.add(kind)
        return { ...sampleJob, kind }
      },
      nextRun: () => new Date('2026-01-11T01:30:00Z'),
    },
    token: () => Promise.resolve('the-right-token'),
    ...change,
  }
}
