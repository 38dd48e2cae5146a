import { expect, test } from 'vitest'
import { healthyView, leaderless, primary, standby } from '../cluster-view.testkit.ts'
import { decideFailover, type Position } from './decide.ts'

const at = (bytes: number, timeline = 3): Position => ({ timeline, bytes: BigInt(bytes) })
const dead = leaderless({
  members: [primary('pg1', { role: 'unreachable', state: 'unknown' }), standby('pg2'), standby('pg3')],
})
const level = new Map([
  ['pg2', at(1000)],
  ['pg3', at(1000)],
])

test('the synchronous standby of a dead primary takes over without a risk', () => {
  const decision = decideFailover(dead, level, { to: 'pg2', allowDataLoss: false })
  expect(decision).toMatchObject({ plan: { to: 'pg2', risks: [], grave: false } })
})

test('a standby behind another is refused, with the bytes and the better one', () => {
  const positions = new Map([
    ['pg2', at(1000)],
    ['pg3', at(5000)],
  ])
  const decision = decideFailover(dead, positions, { to: 'pg2', allowDataLoss: false })
  if ('plan' in decision) throw new Error('not refused')
  expect(decision.refused).toHaveLength(1)
  expect(decision.refused[0]).toMatchObject({
    code: 'FAILOVER_LOSES_DATA',
    mend: { kind: 'run', argv: ['pgherd', 'failover', '--to', 'pg3'] },
  })
  expect(decision.refused[0]?.detail).toContain('pg3 has 4000 bytes of WAL that pg2 does not have')
  const allowed = decideFailover(dead, positions, { to: 'pg2', allowDataLoss: true })
  expect(allowed).toMatchObject({ plan: { grave: true, risks: [expect.stringContaining('4000 bytes')] } })
})

test('a standby that was not synchronous may lack acknowledged commits', () => {
  const decision = decideFailover(dead, level, { to: 'pg3', allowDataLoss: false })
  if ('plan' in decision) throw new Error('not refused')
  expect(decision.refused[0]?.detail).toContain('pg3 was not synchronous')
})

test('with asynchronous commits whoever is silent may have more', () => {
  const view = { ...dead, synchronous: [], dynamicConfig: { synchronous_mode: false } }
  const decision = decideFailover(view, level, { to: 'pg2', allowDataLoss: false })
  if ('plan' in decision) throw new Error('not refused')
  expect(decision.refused[0]?.detail).toContain('pg1 cannot be asked')
})

test('a higher timeline is newer, however short its log', () => {
  const positions = new Map([
    ['pg2', at(9000, 2)],
    ['pg3', at(1000, 3)],
  ])
  const decision = decideFailover(dead, positions, { to: 'pg2', allowDataLoss: false })
  if ('plan' in decision) throw new Error('not refused')
  expect(decision.refused[0]?.detail).toContain('pg3 is on timeline 3, and pg2 on 2')
})

test('a healthy primary is deposed only with a confirmation, and the switchover is named', () => {
  const decision = decideFailover(healthyView(), new Map([...level, ['pg1', at(1000)]]), {
    to: 'pg2',
    allowDataLoss: false,
  })
  expect(decision).toMatchObject({
    plan: { from: 'pg1', grave: true, findings: [{ code: 'FAILOVER_LEADER_HEALTHY' }] },
  })
})

test.each([
  ['an unknown member', 'pg9', dead, ['MEMBER_UNKNOWN']],
  ['the primary', 'pg1', healthyView(), ['SWITCHOVER_TARGET_IS_LEADER']],
  ['a silent member', 'pg1', dead, ['MEMBER_UNREACHABLE']],
  ['anybody without etcd', 'pg2', { ...dead, etcd: { members: [], quorum: false } }, ['ETCD_NO_QUORUM']],
])('%s cannot be made the primary', (_what, to, view, expected) => {
  const decision = decideFailover(view, level, { to, allowDataLoss: true })
  expect('refused' in decision ? decision.refused.map(({ code }) => code) : []).toEqual(expected)
})
