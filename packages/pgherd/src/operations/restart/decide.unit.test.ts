import { expect, test } from 'vitest'
import { healthyView, leaderless, primary, standby } from '../cluster-view.testkit.ts'
import { decideRestart, type RestartChanges, type RestartRequest } from './decide.ts'

const all: RestartRequest = { rolling: false, pendingOnly: false }
const rolling: RestartRequest = { rolling: true, pendingOnly: false }

function actsOf(
  view: Parameters<typeof decideRestart>[0],
  request: RestartRequest,
  changes?: RestartChanges,
) {
  const decision = decideRestart(view, request, changes)
  if ('refused' in decision) throw new Error(decision.refused.map(({ detail }) => detail).join('; '))
  return decision.plan.acts.map((act) =>
    act.do === 'restart' ? `${act.member} as ${act.role}` : `to ${act.to}`,
  )
}

function codesOf(view: Parameters<typeof decideRestart>[0], request: RestartRequest): readonly string[] {
  const decision = decideRestart(view, request)
  return 'refused' in decision ? decision.refused.map(({ code }) => code) : []
}

test('standbys go first, the primary last and in its place', () => {
  expect(actsOf(healthyView(), all)).toEqual(['pg2 as standby', 'pg3 as standby', 'pg1 as primary'])
})

test('rolling hands the primary over before its restart', () => {
  expect(actsOf(healthyView(), rolling)).toEqual([
    'pg2 as standby',
    'pg3 as standby',
    'to pg2',
    'pg1 as standby',
  ])
})

test('a falling setting has the primary restarted first, in its place even when rolling', () => {
  const changes = { inForce: { max_connections: '200' }, wanted: { max_connections: 100 } }
  expect(actsOf(healthyView(), rolling, changes)).toEqual([
    'pg1 as primary',
    'pg2 as standby',
    'pg3 as standby',
  ])
  const rising = { inForce: { max_connections: '100' }, wanted: { max_connections: 200 } }
  expect(actsOf(healthyView(), all, rising).at(-1)).toBe('pg1 as primary')
})

test('one member, or only those with settings that wait', () => {
  expect(actsOf(healthyView(), { ...all, member: 'pg3' })).toEqual(['pg3 as standby'])
  const view = healthyView({
    members: [primary('pg1'), standby('pg2', { pendingRestart: true }), standby('pg3')],
  })
  expect(actsOf(view, { ...all, pendingOnly: true })).toEqual(['pg2 as standby'])
  expect(actsOf(healthyView(), { ...all, pendingOnly: true })).toEqual([])
})

test('nobody is taken away while another is, except that one itself', () => {
  const away = healthyView({
    members: [primary('pg1'), standby('pg2'), standby('pg3', { state: 'not streaming' })],
  })
  expect(codesOf(away, all)).toEqual(['MEMBER_UNREACHABLE'])
  expect(codesOf(away, { ...all, member: 'pg2' })).toEqual(['MEMBER_UNREACHABLE'])
  expect(actsOf(away, { ...all, member: 'pg3' })).toEqual(['pg3 as standby'])
  const silent = healthyView({ members: [primary('pg1'), standby('pg2', { role: 'unreachable' })] })
  expect(codesOf(silent, { ...all, member: 'pg2' })).toEqual(['MEMBER_UNREACHABLE'])
})

test('without a primary, or of an unknown member, nothing is restarted', () => {
  expect(codesOf(leaderless(), { ...all, member: 'pg2' })).toContain('LEADER_MISSING')
  expect(codesOf(healthyView(), { ...all, member: 'pg9' })).toEqual(['MEMBER_UNKNOWN'])
})
