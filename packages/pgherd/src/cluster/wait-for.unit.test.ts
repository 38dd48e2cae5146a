import { expect, test } from 'vitest'
import type { ClusterView, MemberView } from '../plan/cluster-view.ts'
import { allOf, allStreaming, leaderKnown, oneTimeline, synchronousStandbys } from './wait-for.ts'

const member = (name: string, more: Partial<MemberView> = {}): MemberView => ({
  name,
  role: 'standby',
  state: 'streaming',
  timeline: 2,
  sync: 'async',
  pendingRestart: false,
  ...more,
})

const whole: ClusterView = {
  leader: 'pg1',
  members: [member('pg1', { role: 'primary', state: 'running' }), member('pg2'), member('pg3')],
  etcd: { members: [], quorum: true },
  paused: false,
  failsafeActive: false,
  synchronous: ['pg2'],
  pools: [],
  routes: [],
}

const [first, second] = [whole.members[0] ?? member('pg1'), whole.members[1] ?? member('pg2')]
const everything = allOf(leaderKnown, allStreaming, oneTimeline, synchronousStandbys(1))

test('a whole cluster lacks nothing', () => {
  expect(everything(whole)).toEqual([])
})

test.each([
  ['no leader', { leader: undefined }, /there is no primary yet/],
  ['a leader that is still a standby', { members: [member('pg1'), second] }, /there is no primary yet/],
  ['a standby that starts', { members: [first, member('pg2', { state: 'starting' })] }, /pg2 is starting/],
  [
    'a silent one',
    { members: [first, member('pg2', { role: 'unreachable', state: 'unknown' })] },
    /pg2 does not answer/,
  ],
  [
    'an old timeline',
    { members: [first, member('pg2', { timeline: 1 })] },
    /pg2 is on timeline 1 and the primary on 2/,
  ],
  ['no synchronous standby', { synchronous: [] }, /0 of 1 synchronous standbys/],
])('%s is told', (_name, change, told) => {
  const { leader, ...rest } = { ...whole, ...change }
  expect(everything({ ...rest, ...(leader === undefined ? {} : { leader }) }).join('; ')).toMatch(told)
})
