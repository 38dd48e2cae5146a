import { expect, test } from 'vitest'
import { healthyView, leaderless, primary, standby } from '../cluster-view.testkit.ts'
import { decideScale, type ScaleRequest } from './decide.ts'
import { slotName } from './remove-member.ts'

const request = (members: number, there = 3, change: Partial<ScaleRequest> = {}): ScaleRequest => ({
  members,
  present: present(there),
  declared: there,
  durability: 'sync',
  ...change,
})
const present = (any: number, whole = any): ScaleRequest['present'] => ({
  whole: names(whole),
  any: names(any).map((name) => ({ name, address: '127.0.0.1' })),
})
const names = (count: number) => Array.from({ length: count }, (_, index) => `pg${index + 1}`)
const five = healthyView({
  members: [primary('pg1'), ...['pg2', 'pg3', 'pg4', 'pg5'].map((name) => standby(name))],
})

function codesOf(view: Parameters<typeof decideScale>[0], wanted: ScaleRequest): readonly string[] {
  const decision = decideScale(view, wanted)
  return 'refused' in decision ? decision.refused.map(({ code }) => code) : []
}

test('members are added one at a time, and removed from the last one on', () => {
  expect(decideScale(healthyView(), request(5))).toMatchObject({ plan: { add: ['pg4', 'pg5'], remove: [] } })
  const decision = decideScale(five, request(3, 5))
  expect(decision).toMatchObject({ plan: { add: [], remove: ['pg5', 'pg4'] } })
  if ('refused' in decision) throw new Error('refused')
  expect(decision.plan.steps.map(({ title }) => title).slice(0, 5)).toEqual([
    'send no more reads to pg5',
    'stop Patroni of pg5',
    'remove the slot of pg5',
    'remove pg5 from etcd',
    'stop what else runs on pg5',
  ])
})

test('as many as there are is nothing to do, in whatever state they are', () => {
  expect(decideScale(leaderless(), request(3))).toMatchObject({ plan: { steps: [] } })
})

test.each([
  [2, ['SCALE_UNSAFE']],
  [4, ['SCALE_UNSAFE']],
  [1, ['SCALE_UNSAFE']],
  [9, ['SCALE_UNSAFE']],
])('%d members are refused, with a number that is safe', (members, expected) => {
  expect(codesOf(healthyView(), request(members))).toEqual(expected)
  expect(codesOf(healthyView(), request(members, 3, { durability: 'async' }))).toEqual(expected)
})

test('the primary is not removed: the switchover is named first', () => {
  const view = healthyView({
    leader: 'pg5',
    members: [...['pg1', 'pg2', 'pg3', 'pg4'].map((name) => standby(name)), primary('pg5')],
  })
  const decision = decideScale(view, request(3, 5))
  if ('plan' in decision) throw new Error('not refused')
  expect(decision.refused).toMatchObject([
    { code: 'SCALE_REMOVES_PRIMARY', mend: { argv: ['pgherd', 'switchover', '--to', 'pg2'] } },
  ])
})

test('an unhealthy cluster keeps its members, except that an ill one may go', () => {
  const ill = (name: string) => ({
    ...five,
    members: five.members.map((each) => (each.name === name ? standby(name, { state: 'stopped' }) : each)),
  })
  expect(codesOf(ill('pg2'), request(3, 5))).toEqual(['SCALE_UNHEALTHY'])
  expect(codesOf(ill('pg5'), request(3, 5))).toEqual([])
  expect(codesOf(healthyView({ etcd: { members: [], quorum: false } }), request(5))).toEqual([
    'SCALE_UNHEALTHY',
  ])
  expect(codesOf(healthyView({ paused: true }), request(5))).toEqual(['AUTOMATION_PAUSED'])
})

test('where addresses are listed a new member needs one', () => {
  expect(codesOf(healthyView(), request(5, 3, { listed: 3 }))).toEqual(['SCALE_UNSAFE'])
  expect(codesOf(healthyView(), request(5, 3, { listed: 5 }))).toEqual([])
})

test('slots have the names Patroni gives them', () => {
  expect(slotName('pg1')).toBe('pg1')
  expect(slotName('Node-1.eu')).toBe('node_1_eu')
})

test('it is the same whether the spec was edited before or is edited by scale', () => {
  for (const declared of [3, 5])
    expect(decideScale(healthyView(), request(5, 3, { declared }))).toMatchObject({
      plan: { from: 3, to: 5, add: ['pg4', 'pg5'], remove: [] },
    })
  expect(decideScale(five, request(3, 5, { declared: 3 }))).toMatchObject({
    plan: { from: 5, to: 3, add: [], remove: ['pg5', 'pg4'] },
  })
})

test('what a run that was cut off left is finished or undone', () => {
  const four = healthyView({
    members: [primary('pg1'), standby('pg2'), standby('pg3'), standby('pg4', { role: 'unreachable' })],
  })
  const half = { present: present(4, 3) }
  expect(decideScale(four, request(5, 4, half))).toMatchObject({ plan: { add: ['pg4', 'pg5'], remove: [] } })
  expect(decideScale(four, request(3, 4, half))).toMatchObject({ plan: { add: [], remove: ['pg4'] } })
})

test('a mend that needs the spec as the world is says so', () => {
  const ill = healthyView({ members: [primary('pg1'), standby('pg2', { state: 'stopped' }), standby('pg3')] })
  const mendOf = (declared: number) => {
    const decision = decideScale(ill, request(5, 3, { declared }))
    return 'refused' in decision ? decision.refused[0]?.mend : undefined
  }
  expect(mendOf(3)).toEqual({ kind: 'run', argv: ['pgherd', 'up'] })
  expect(mendOf(5)).toMatchObject({
    kind: 'advice',
    text: expect.stringContaining('set topology.members back to 3') as string,
  })
})
