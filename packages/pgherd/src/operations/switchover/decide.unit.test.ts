import { expect, test } from 'vitest'
import { healthyView, leaderless, primary, standby } from '../cluster-view.testkit.ts'
import { decideSwitchover, type SwitchoverRequest } from './decide.ts'

const now = new Date('2026-11-24T12:00:00Z')
type View = Parameters<typeof decideSwitchover>[0]

function codesOf(view: View, request: SwitchoverRequest = {}): readonly string[] {
  const decision = decideSwitchover(view, request, now)
  return 'refused' in decision ? decision.refused.map(({ code }) => code) : []
}

function targetOf(view: View, request: SwitchoverRequest = {}): string | undefined {
  const decision = decideSwitchover(view, request, now)
  return 'plan' in decision ? decision.plan.to : undefined
}

test('the synchronous standby takes over, and the plan says in which steps', () => {
  const decision = decideSwitchover(healthyView(), {}, now)
  if ('refused' in decision) throw new Error('refused')
  expect(decision.plan).toMatchObject({ operation: 'switchover', from: 'pg1', to: 'pg2', findings: [] })
  expect(decision.plan.steps.map(({ title }) => title)).toEqual([
    'write out a checkpoint',
    'pause the pools',
    'wait until pg2 has everything',
    'hand over from pg1 to pg2',
    'resume the pools',
    'wait until pg1 follows',
  ])
  for (const { because } of decision.plan.steps) expect(because).not.toBe('')
})

test('without synchronous commits the standby with the least lag takes over', () => {
  const view = healthyView({
    members: [primary('pg1'), standby('pg2', { lagBytes: 500 }), standby('pg3', { lagBytes: 20 })],
    synchronous: [],
    dynamicConfig: { synchronous_mode: false },
  })
  expect(targetOf(view)).toBe('pg3')
  expect(targetOf(view, { to: 'pg2' })).toBe('pg2')
})

test.each([
  ['the primary itself', healthyView(), 'pg1', 'SWITCHOVER_TARGET_IS_LEADER'],
  ['a member there is not', healthyView(), 'pg9', 'MEMBER_UNKNOWN'],
  ['a standby that is not synchronous', healthyView(), 'pg3', 'SWITCHOVER_TARGET_UNFIT'],
  [
    'a lagging standby',
    healthyView({
      members: [primary('pg1'), standby('pg2', { lagBytes: 17 * 2 ** 20 })],
      dynamicConfig: {},
    }),
    'pg2',
    'SWITCHOVER_TARGET_UNFIT',
  ],
  [
    'a disconnected standby',
    healthyView({ members: [primary('pg1'), standby('pg2', { state: 'not streaming' })] }),
    'pg2',
    'SWITCHOVER_TARGET_UNFIT',
  ],
  [
    'a standby on an old timeline',
    healthyView({ members: [primary('pg1'), standby('pg2', { timeline: 2 })] }),
    'pg2',
    'SWITCHOVER_TARGET_UNFIT',
  ],
  [
    'a member whose Patroni is silent',
    healthyView({ members: [primary('pg1'), standby('pg2', { role: 'unreachable', state: 'unknown' })] }),
    'pg2',
    'SWITCHOVER_TARGET_UNFIT',
  ],
])('%s is refused as the target, by name and with a mend', (_what, view, to, code) => {
  const decision = decideSwitchover(view, { to }, now)
  if ('plan' in decision) throw new Error('not refused')
  expect(decision.refused.map((finding) => finding.code)).toEqual([code])
  expect(decision.refused[0]?.detail).toContain(to)
  expect(decision.refused[0]?.mend).toBeDefined()
})

test('without a primary, without etcd or in a pause nothing is handed over, and all of it is said at once', () => {
  expect(codesOf(leaderless())).toEqual(['LEADER_MISSING'])
  expect(codesOf(healthyView({ paused: true }))).toEqual(['AUTOMATION_PAUSED'])
  expect(codesOf(leaderless({ paused: true, etcd: { members: [], quorum: false } }))).toEqual([
    'ETCD_NO_QUORUM',
    'LEADER_MISSING',
    'AUTOMATION_PAUSED',
  ])
  // the lock is held by a member that does not answer
  expect(
    codesOf(healthyView({ members: [primary('pg1', { role: 'unreachable' }), standby('pg2')] })),
  ).toEqual(['LEADER_MISSING'])
})

test('when no standby is fit each one is named with its reason', () => {
  const view = healthyView({
    members: [primary('pg1'), standby('pg2', { state: 'creating replica' }), standby('pg3')],
    synchronous: [],
  })
  const decision = decideSwitchover(view, {}, now)
  if ('plan' in decision) throw new Error('not refused')
  expect(decision.refused[0]?.detail).toMatch(/pg2: .*creating replica.*pg3: .*not synchronous/)
})

test('a time to come is waited for, and then everything is as without one; a time that has passed is refused', () => {
  const later = decideSwitchover(healthyView(), { at: new Date('2026-11-24T22:00:00Z') }, now)
  const directly = decideSwitchover(healthyView(), {}, now)
  if ('refused' in later || 'refused' in directly) throw new Error('refused')
  expect(later.plan.at).toBe('2026-11-24T22:00:00.000Z')
  const [wait, ...rest] = later.plan.steps
  expect(wait?.title).toContain('2026-11-24T22:00:00.000Z')
  expect(wait?.because).toContain('Ctrl-C')
  expect(rest).toEqual(directly.plan.steps)
  expect(codesOf(healthyView(), { at: now })).toEqual(['SWITCHOVER_TIME_PAST'])
})

test('another member that is away does not stand in the way and is told', () => {
  const view = healthyView({
    members: [primary('pg1'), standby('pg2'), standby('pg3', { role: 'unreachable', state: 'unknown' })],
  })
  const decision = decideSwitchover(view, {}, now)
  if ('refused' in decision) throw new Error('refused')
  expect(decision.plan.findings.map(({ code }) => code)).toEqual(['MEMBER_AWAY'])
})
