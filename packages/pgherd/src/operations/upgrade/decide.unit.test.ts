import { expect, test } from 'vitest'
import { specSchema } from '../../spec/schema.ts'
import { healthyView, primary, standby } from '../cluster-view.testkit.ts'
import { decideUpgrade, type UpgradeCircumstances } from './decide.ts'
import { decideSingle, type SingleCircumstances } from './decide-single.ts'
import type { MemberVersions, Versions } from './versions.ts'

const old = { postgres: '15.18', patroni: '3.0.2', etcd: '3.4.22' }
const current = { postgres: '15.20', patroni: '3.0.2', etcd: '3.4.22' }
const spec = specSchema.parse({ name: 'shop', topology: { members: 3 }, postgres: { version: 15 } })

/** What runs on each of the three servers and on the gateway; `current` is installed, parts of it changed. */
function versionsOf(
  servers: readonly Versions[],
  installed: Versions = {},
  gateway: Versions = {},
): readonly MemberVersions[] {
  const there = { ...current, haproxy: '2.6.12', pgbouncer: '1.18.0', ...installed }
  return [
    ...servers.map((running, index) => ({ member: `pg${index + 1}`, running, installed: there })),
    { member: 'gateway', running: gateway, installed: there },
  ]
}

function circumstances(change: Partial<UpgradeCircumstances> = {}): UpgradeCircumstances {
  return {
    spec,
    view: healthyView(),
    versions: versionsOf([old, old, old]),
    busy: [],
    packages: [],
    pooler: false,
    ...change,
  }
}

function planned(change: Partial<UpgradeCircumstances> = {}) {
  const decision = decideUpgrade(circumstances(change))
  if ('refused' in decision) throw new Error(decision.refused.map(({ detail }) => detail).join('; '))
  const acts = decision.plan.acts.map((act) =>
    act.do === 'restart' ? `${act.what} of ${act.member}` : `${act.from} to ${act.to}`,
  )
  return { acts, plan: decision.plan }
}

function refused(change: Partial<UpgradeCircumstances>): readonly string[] {
  const decision = decideUpgrade(circumstances(change))
  return 'refused' in decision ? decision.refused.map(({ code }) => code) : []
}

test('asynchronous standbys go first, then the synchronous one, then the primary is handed over', () => {
  const { acts, plan } = planned()
  expect(acts).toEqual(['postgres of pg3', 'postgres of pg2', 'pg1 to pg2'])
  expect(plan.steps.map(({ impact }) => impact)).toEqual(['nothing', 'nothing', 'switchover'])
})

test('a run that was cut off goes on where it was', () => {
  expect(planned({ versions: versionsOf([old, old, current]) }).acts).toEqual([
    'postgres of pg2',
    'pg1 to pg2',
  ])
  expect(planned({ versions: versionsOf([old, current, current]) }).acts).toEqual(['pg1 to pg2'])
  const view = healthyView({
    leader: 'pg2',
    members: [standby('pg1', { sync: 'sync' }), primary('pg2'), standby('pg3')],
    synchronous: ['pg1'],
  })
  expect(planned({ view, versions: versionsOf([old, current, current]) }).acts).toEqual(['postgres of pg1'])
})

test('with the installed versions running nothing is done, whatever the state of the cluster', () => {
  const view = healthyView({ paused: true })
  expect(planned({ view, versions: versionsOf([current, current, current]) }).plan).toMatchObject({
    steps: [],
    changes: [],
  })
})

test('a newer Patroni is restarted with its server, that of the former primary after the hand-over', () => {
  const { acts } = planned({ versions: versionsOf([old, old, old], { patroni: '3.3.0' }) })
  expect(acts).toEqual(['patroni of pg3', 'patroni of pg2', 'pg1 to pg2', 'patroni of pg1'])
})

test('etcd comes first, its leader last of it, and needs no hand-over', () => {
  const { acts, plan } = planned({ versions: versionsOf([current, current, current], { etcd: '3.4.23' }) })
  expect(acts).toEqual(['etcd of pg2', 'etcd of pg3', 'etcd of pg1'])
  expect(plan.steps.every(({ impact }) => impact === 'nothing')).toBe(true)
})

test('HAProxy is reloaded at the end; PgBouncer is restarted only when that is asked for', () => {
  const versions = versionsOf([current, current, current], {}, { haproxy: '2.6.11', pgbouncer: '1.17.0' })
  const { acts, plan } = planned({ versions })
  expect(acts).toEqual(['haproxy of gateway'])
  expect(plan.findings.map(({ code }) => code)).toEqual(['UPGRADE_CLOSES_SESSIONS'])
  const asked = planned({ versions, pooler: true })
  expect(asked.acts).toEqual(['haproxy of gateway', 'pgbouncer of gateway'])
  expect(asked.plan.steps.map(({ impact }) => impact)).toEqual(['reload', 'restart'])
  expect(asked.plan.findings).toEqual([])
})

test('packages are a step of their own, also when no version that runs changes', () => {
  const packages = [{ name: 'haproxy', from: '2.6.12-1+deb12u3', to: '2.6.12-1+deb12u4' }]
  const { plan, acts } = planned({ packages, versions: versionsOf([current, current, current]) })
  expect(acts).toEqual([])
  expect(plan.steps).toMatchObject([
    { impact: 'nothing', title: expect.stringContaining('haproxy') as string },
  ])
})

test('nothing is upgraded while the cluster cannot bear the loss of a member', () => {
  const away = (change: Parameters<typeof standby>[1]) =>
    healthyView({ members: [primary('pg1'), standby('pg2', { sync: 'sync' }), standby('pg3', change)] })
  expect(refused({ view: away({ role: 'unreachable' }) })).toEqual(['UPGRADE_UNHEALTHY'])
  expect(refused({ view: away({ state: 'not streaming' }) })).toEqual(['UPGRADE_UNHEALTHY'])
  expect(refused({ view: healthyView({ paused: true }) })).toEqual(['AUTOMATION_PAUSED'])
  expect(refused({ view: healthyView({ synchronous: [] }) })).toEqual(['UPGRADE_UNHEALTHY'])
  const { leader: _, ...leaderless } = healthyView()
  expect(refused({ view: leaderless })).toContain('UPGRADE_UNHEALTHY')
  expect(refused({ view: healthyView({ etcd: { members: [], quorum: false } }) })).toEqual([
    'UPGRADE_UNHEALTHY',
  ])
  expect(
    refused({ view: away({ role: 'unreachable' }), versions: versionsOf([current, current, {}]) }),
  ).toEqual(['UPGRADE_UNHEALTHY'])
})

test('a backup or a proof is not broken off', () => {
  expect(refused({ busy: [{ member: 'pg2', with: 'a base backup' }] })).toEqual(['UPGRADE_DURING_BACKUP'])
  expect(
    refused({
      busy: [{ member: 'pg2', with: 'a proof' }],
      versions: versionsOf([current, current, current]),
    }),
  ).toEqual([])
})

test('another major and an older version are refused before any member is touched', () => {
  expect(refused({ versions: versionsOf([old, old, old], { postgres: '16.4' }) })).toEqual(['UPGRADE_MAJOR'])
  expect(refused({ versions: versionsOf([old, old, old], { etcd: '3.4.20' }) })).toEqual([
    'UPGRADE_DOWNGRADE',
  ])
})

function single(change: Partial<SingleCircumstances>) {
  return decideSingle({
    member: 'pg1',
    running: '15.18',
    installed: '15.20',
    busy: [],
    packages: [],
    ...change,
  })
}

test('a single server is restarted in its place, and the plan says what that means', () => {
  expect(single({})).toMatchObject({ plan: { steps: [{ impact: 'restart', member: 'pg1' }] } })
  expect(single({ running: '15.20' })).toMatchObject({ plan: { steps: [] } })
  expect(single({ installed: '16.4' })).toMatchObject({ refused: [{ code: 'UPGRADE_MAJOR' }] })
  expect(single({ installed: '15.17' })).toMatchObject({ refused: [{ code: 'UPGRADE_DOWNGRADE' }] })
  expect(single({ busy: [{ member: 'pg1', with: 'a proof' }] })).toMatchObject({
    refused: [{ code: 'UPGRADE_DURING_BACKUP' }],
  })
})
