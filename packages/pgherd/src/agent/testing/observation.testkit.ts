import type { Observation } from '../../checks/observation.ts'

/** A healthy member with one proven backup, at noon of 2026-01-10. */
export const goodObservation: Observation = {
  server: { state: 'up', silentSeconds: 0.3, reason: null },
  binaries: { flavour: 'system', version: '15.20' },
  volumes: {
    data: { totalBytes: 1000, freeBytes: 600, device: 1 },
    repository: { totalBytes: 2000, freeBytes: 1500, device: 2 },
  },
  archive: { state: 'streaming', lagBytes: 100, lagSeconds: 1.5, reason: null },
  catalogue: {
    backups: [
      { id: 'b2', stoppedAt: '2026-01-10T01:31:00.000Z', storedBytes: 7_000_000 },
      { id: 'b1', stoppedAt: '2026-01-09T01:31:00.000Z', storedBytes: 6_000_000 },
    ],
    proofs: [
      {
        backup: 'b2',
        verdict: 'proven',
        provenAt: '2026-01-10T03:01:00.000Z',
        rtoSeconds: 4.2,
        rpoSeconds: 0.8,
        lostCommits: null,
        comparedShare: 0.975,
        failed: [],
      },
      {
        backup: 'b1',
        verdict: 'failed',
        provenAt: '2026-01-09T03:01:00.000Z',
        rtoSeconds: null,
        rpoSeconds: null,
        lostCommits: null,
        comparedShare: null,
        failed: ['manifest: x'],
      },
    ],
    window: { from: '2026-01-09T01:31:00.000Z', to: '2026-01-10T11:59:58.000Z' },
    gaps: [],
  },
  certificates: [
    {
      name: 'server.crt',
      path: '/t/server.crt',
      subject: 'CN=pg1',
      notAfter: '2026-03-01T00:00:00.000Z',
      problem: null,
    },
  ],
  units: [{ member: 'pg1', name: 'postgres', restarts: 2, recentRestarts: 0, lastExit: null }],
  jobs: [{ kind: 'backup', ok: true, finishedAt: '2026-01-10T01:31:00.000Z', failures: 0, reason: null }],
}
