import { expect, test } from 'vitest'
import type { ClusterView, MemberView } from '../plan/cluster-view.ts'
import { unsettled } from './settled.ts'

const member = (name: string, changes: Partial<MemberView> = {}): MemberView => ({
  name,
  role: 'standby',
  state: 'streaming',
  timeline: 2,
  sync: 'async',
  pendingRestart: false,
  ...changes,
})

const whole: ClusterView = {
  leader: 'pg1',
  members: [member('pg1', { role: 'primary', state: 'running' }), member('pg2'), member('pg3')],
  etcd: { members: [], quorum: true },
  paused: false,
  failsafeActive: false,
  synchronous: ['pg2'],
  pools: [],
  routes: [{ route: 'write', member: 'pg1', up: true, sessions: 0 }],
}

test('a cluster is whole when all follow one primary that clients can reach', () => {
  expect(unsettled(whole)).toEqual([])
})

test.each([
  ['etcd has no majority', { etcd: { members: [], quorum: false } }],
  [
    'pg3 does not answer',
    { members: [...whole.members.slice(0, 2), member('pg3', { role: 'unreachable', state: 'unknown' })] },
  ],
  [
    'pg3 is creating replica',
    { members: [...whole.members.slice(0, 2), member('pg3', { state: 'creating replica' })] },
  ],
  ['pg3 is still on timeline 1', { members: [...whole.members.slice(0, 2), member('pg3', { timeline: 1 })] }],
  [
    'pg3 has not stepped down',
    { members: [...whole.members.slice(0, 2), member('pg3', { role: 'primary' })] },
  ],
  [
    'HAProxy does not lead to the primary',
    { routes: [{ route: 'write', member: 'pg1', up: false, sessions: 0 }] },
  ],
  ['HAProxy does not answer', { routes: [], silent: { router: 'refused' } }],
  ['PgBouncer does not answer', { pools: [], silent: { pooler: 'refused' } }],
] as const)('%s', (words, changes) => {
  expect(unsettled({ ...whole, ...changes }).join()).toContain(words)
})

test('no primary', () => {
  const { leader: _none, ...leaderless } = whole
  expect(unsettled(leaderless)).toContain('there is no primary yet')
})
