import { expect, test } from 'vitest'
import { healthyView, leaderless, standby } from '../cluster-view.testkit.ts'
import type { RestorePlan } from '../restore-plan.ts'
import {
  decideClusterRestore,
  decideUndo,
  firstMember,
  undoable,
  type RestoreFacts,
  type Server,
} from './decide.ts'
import type { KeptCluster } from './kept-records.ts'
import { missingOf } from './whole.ts'

const servers: readonly Server[] = ['pg1', 'pg2', 'pg3'].map((name) => ({ name, data: `/${name}/data` }))
const restore = { backup: 'B1', target: 'T', warnings: [] } as unknown as RestorePlan
const facts: RestoreFacts = {
  view: healthyView(),
  paused: false,
  servers,
  first: { name: 'pg1', data: '/pg1/data' },
  stamp: 'NOW',
  restore,
  record: '/restores/NOW.json',
  latest: false,
}
const titles = (change: Partial<RestoreFacts>) => {
  const decision = decideClusterRestore({ ...facts, ...change })
  return 'plan' in decision ? decision.plan.steps.map(({ title }) => title) : []
}
const codes = (decision: object) =>
  'refused' in decision ? (decision.refused as { code: string }[]).map(({ code }) => code) : []

test('the data of every member is kept, and only the first gets the restored', () => {
  expect(decideClusterRestore(facts)).toMatchObject({
    plan: {
      first: 'pg1',
      moves: [
        { member: 'pg1', kept: '/pg1/data.before-restore-NOW', from: '/pg1/data.restore-NOW' },
        { member: 'pg2', kept: '/pg2/data.before-restore-NOW' },
        { member: 'pg3', kept: '/pg3/data.before-restore-NOW' },
      ],
      restore: { keptAs: '/pg1/data.before-restore-NOW' },
    },
  })
})

test('for a moment of the past clients are held back last, for the newest state first; the primary stops last', () => {
  const past = titles({})
  expect(past[0]).toContain('restore backup B1')
  expect(past[2]).toBe('stop Patroni and PostgreSQL of pg2, pg3, pg1')
  const newest = titles({ latest: true })
  expect(newest[0]).toBe('pause the pools')
  expect(newest[2]).toContain('restore backup B1')
  expect(newest.at(-1)).toBe('clone pg2, pg3 from pg1')
})

test('without etcd, or while automation is paused, nobody could take over: refused', () => {
  const etcd = { members: [], quorum: false }
  expect(codes(decideClusterRestore({ ...facts, view: healthyView({ etcd }), paused: true }))).toEqual([
    'ETCD_NO_QUORUM',
    'AUTOMATION_PAUSED',
  ])
})

test('who leads gets the data, and the first member when nobody does', () => {
  expect(firstMember(healthyView({ leader: 'pg3' }), servers).name).toBe('pg3')
  expect(firstMember(leaderless(), servers).name).toBe('pg1')
})

const kept = (stamp: string, newest = 'pg2'): KeptCluster => ({
  stamp,
  replacedBy: 'a restore to T',
  newest,
  timeline: 3,
  members: servers.map(({ name }) => ({ member: name, kept: `/${name}/${stamp}` })),
  dcs: {},
})

test('the newest record with its data is undone, on a member that is still there', () => {
  const records = [kept('C'), kept('B', 'pg9'), kept('A')]
  const present = new Set(['/pg2/A', '/pg1/C', '/pg3/C', '/pg9/B'])
  expect(undoable(records, servers, present)?.stamp).toBe('A')
  expect(undoable(records, servers, new Set())).toBeUndefined()
})

test('undoing puts back what was kept, clones where it is gone, and can be undone itself', () => {
  const decision = decideUndo({
    view: healthyView(),
    paused: false,
    servers,
    kept: kept('A'),
    present: new Set(['/pg1/A', '/pg2/A']),
    stamp: 'NOW',
    record: '/restores/NOW.json',
  })
  expect(decision).toMatchObject({
    plan: {
      first: 'pg2',
      moves: [
        { member: 'pg1', kept: '/pg1/data.before-undo-NOW', from: '/pg1/A' },
        { member: 'pg2', kept: '/pg2/data.before-undo-NOW', from: '/pg2/A' },
        { member: 'pg3', kept: '/pg3/data.before-undo-NOW' },
      ],
    },
  })
  const steps = 'plan' in decision ? decision.plan.steps.map(({ title }) => title) : []
  expect(steps).toContain('have pg1 follow with the data they had')
  expect(steps).toContain('clone pg3 from pg2')
})

test('a restored cluster is whole when all stream on the new timeline and a standby is synchronous', () => {
  expect(missingOf(healthyView())).toEqual([])
  expect(missingOf(leaderless())).toEqual(['there is no primary'])
  const [leader] = healthyView().members
  if (!leader) throw new Error('there is one')
  const late = healthyView({
    members: [
      leader,
      standby('pg2', { timeline: 2 }),
      standby('pg3', { role: 'unreachable', state: 'unknown' }),
    ],
  })
  expect(missingOf(late)).toEqual(['pg2 is streaming, still on timeline 2', 'pg3 does not answer'])
  expect(missingOf(healthyView({ synchronous: [] }))).toEqual(['no standby is synchronous'])
  expect(missingOf(healthyView({ synchronous: [], dynamicConfig: { synchronous_mode: false } }))).toEqual([])
})
