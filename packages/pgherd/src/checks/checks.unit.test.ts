import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { codes } from '../diagnostic/codes.ts'
import { specSchema } from '../spec/schema.ts'
import { layOut, homeOf } from '../topology/topology.ts'
import type { Check } from './check.ts'
import { checks } from './registry.ts'
import { runChecks } from './run-checks.ts'
import type { Observation } from './observation.ts'

const spec = specSchema.parse({ name: 'demo' })
const clusterSpec = specSchema.parse({ name: 'demo', topology: { members: 3 } })
const member = homeOf(layOut(spec, { state: '/var/lib/demo', sockets: '/run/demo' }))
const noon = new Date('2026-01-10T12:00:00Z')

const supporting = [
  'amount',
  'check',
  'lasting',
  'observation',
  'registry',
  'run-checks',
  'sample-cluster',
  'sample-drills',
]

test('the registry holds exactly the checks of the folder', () => {
  const files = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => name.slice(0, -3))
    .filter((name) => !supporting.includes(name))
  expect(checks.map((check) => check.id).toSorted()).toEqual(files.toSorted())
})

describe.each(checks.map((check): [string, Check] => [check.id, check]))('%s', (id, check) => {
  test('has samples with and without a finding, one of them of its own code', () => {
    expect(check.samples.some((sample) => sample.expect.length === 0)).toBe(true)
    const own = id.toUpperCase().replaceAll('-', '_')
    expect(Object.keys(codes)).toContain(own)
    expect(check.samples.flatMap((sample) => sample.expect)).toContain(own)
  })

  test.each(check.samples.map((sample): [string, (typeof check.samples)[number]] => [sample.about, sample]))(
    '%s',
    (_, sample) => {
      const findings = check.judge(sample.facts, {
        spec: sample.spec
          ? specSchema.parse({ name: 'demo', ...sample.spec })
          : id.startsWith('cluster-')
            ? clusterSpec
            : spec,
        member,
        now: sample.now ? new Date(sample.now) : noon,
      })
      expect(findings.map((finding) => finding.code)).toEqual(sample.expect)
      for (const finding of findings) {
        expect(finding.at.member).toBe('pg1')
        expect(finding.detail).toContain('pg1')
        expect(finding.detail).not.toMatch(/undefined|NaN|\[object/)
      }
    },
  )
})

const quiet: Observation = {
  server: { state: 'up', silentSeconds: 0.1, reason: null },
  binaries: { flavour: 'system', version: '15.20' },
  volumes: null,
  archive: { state: 'off', lagBytes: null, lagSeconds: null, reason: null },
  catalogue: null,
  certificates: [],
  jobs: [],
  units: [],
}

test('SQL is asked only every so often and not at all of a server that is down', async () => {
  const asked: string[] = []
  const ask = async (_: string, sql: string) => {
    asked.push(sql)
    return []
  }
  const cache = new Map()
  const situation = { spec, member, now: noon }
  const only = ['pending-restart']
  await runChecks({ situation, observation: quiet, ask, cache, monotonic: 0, only })
  await runChecks({ situation, observation: quiet, ask, cache, monotonic: 59_999, only })
  expect(asked).toHaveLength(1)
  await runChecks({ situation, observation: quiet, ask, cache, monotonic: 60_000, only })
  expect(asked).toHaveLength(2)
  const down: Observation = { ...quiet, server: { state: 'down', silentSeconds: 9, reason: null } }
  const findings = await runChecks({ situation, observation: down, ask, monotonic: 999_999 })
  expect(asked).toHaveLength(2)
  expect(findings.map((finding) => finding.code)).toEqual(['SERVER_DOWN'])
})

test('a question without an answer is a finding, and the gravest findings come first', async () => {
  const findings = await runChecks({
    situation: { spec, member, now: noon },
    observation: {
      ...quiet,
      binaries: { flavour: 'embedded', version: '18.4' },
      jobs: [{ kind: 'backup', ok: false, finishedAt: 'x', failures: 1, reason: 'y' }],
    },
    ask: () => Promise.reject(new Error('permission denied')),
    only: ['embedded-build', 'pending-restart', 'job-failing'],
  })
  expect(findings.map((finding) => finding.code)).toEqual([
    'JOB_FAILING',
    'CHECK_UNANSWERED',
    'EMBEDDED_BUILD',
  ])
  expect(findings[1]?.detail).toContain('permission denied')
})
