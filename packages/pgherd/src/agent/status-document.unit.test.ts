import { expect, test } from 'vitest'
import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { specSchema } from '../spec/schema.ts'
import { layOut, homeOf } from '../topology/topology.ts'
import { sampleRun, sampleScheduled } from '../checks/sample-drills.ts'
import { statusDocument } from './status-document.ts'
import { goodObservation } from './testing/observation.testkit.ts'

const member = homeOf(layOut(specSchema.parse({ name: 'demo' }), { state: '/s', sockets: '/k' }))
const server = { inRecovery: false, timeline: 3, version: '15.20', wal: 5n }

test('a healthy member', () => {
  expect(
    statusDocument({ name: 'demo', member, observation: goodObservation, server, findings: [] }),
  ).toEqual({
    name: 'demo',
    healthy: true,
    members: [
      {
        name: 'pg1',
        role: 'primary',
        timeline: 3,
        lagBytes: 0,
        version: '15.20',
        flavour: 'system',
        state: 'up',
      },
    ],
    proof: {
      provenAt: '2026-01-10T03:01:00.000Z',
      rtoSeconds: 4.2,
      rpoSeconds: 0.8,
      backup: 'b2',
      ok: true,
      verdict: 'proven',
      comparedShare: 0.975,
    },
    backups: {
      count: 2,
      newest: '2026-01-10T01:31:00.000Z',
      windowFrom: '2026-01-09T01:31:00.000Z',
      windowTo: '2026-01-10T11:59:58.000Z',
      archive: { state: 'streaming', lagBytes: 100, lagSeconds: 1.5 },
    },
    certificates: [{ name: 'server.crt', subject: 'CN=pg1', notAfter: '2026-03-01T00:00:00.000Z' }],
    findings: [],
  })
})

test('nothing known yet is told as such, and is not healthy', () => {
  const observation = {
    ...goodObservation,
    server: { state: 'unknown' as const, silentSeconds: null, reason: null },
    catalogue: null,
  }
  const status = statusDocument({ name: 'demo', member, observation, server: null, findings: [] })
  expect(status).toMatchObject({
    healthy: false,
    proof: null,
    backups: { count: 0, newest: null, windowFrom: null },
  })
  expect(status.members[0]).toMatchObject({
    role: 'primary',
    timeline: null,
    lagBytes: null,
    version: '15.20',
    state: 'unknown',
  })
})

test.each([
  ['PROOF_FAILED', false],
  ['PENDING_RESTART', true],
  ['EMBEDDED_BUILD', true],
] as const)('a finding %s leaves healthy at %s', (code, healthy) => {
  const findings = [diagnose(code, { detail: 'x', mend: mend.advice('y') })]
  expect(
    statusDocument({ name: 'demo', member, observation: goodObservation, server, findings }).healthy,
  ).toBe(healthy)
})

test('a cluster tells its newest drill and the next one', () => {
  const older = { ...sampleRun, drill: 'restore', startedAt: '2026-01-09T03:00:00.000Z' }
  const later = { ...sampleScheduled, drill: 'restore', next: '2026-01-18T03:00:00.000Z' }
  const drills = { runs: [sampleRun, older], scheduled: [later, sampleScheduled] }
  const of = (observation: typeof goodObservation) =>
    statusDocument({ name: 'demo', member, observation, server, findings: [] }).drills
  expect(of({ ...goodObservation, drills })).toEqual({
    last: {
      drill: 'kill-postgres',
      startedAt: '2026-01-10T04:00:01.000Z',
      writeGapSeconds: 1.4,
      lostAcknowledgedWrites: 0,
      objectivesMet: true,
    },
    next: { drill: 'kill-postgres', at: '2026-01-17T04:00:00.000Z' },
  })
  expect(of({ ...goodObservation, drills: { runs: [], scheduled: [] } })).toEqual({ last: null, next: null })
  expect(of({ ...goodObservation, drills: null })).toBeUndefined()
})
