import { expect, test } from 'vitest'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { healthyView, primary, standby } from '../cluster-view.testkit.ts'
import { cutOffFromEtcd } from './cut-off-from-etcd.ts'

function viewWith(seen: number | undefined, away: readonly string[], ttl: unknown = 8): ClusterView {
  const view = healthyView()
  const healthy = view.etcd.members.map((each) => ({ ...each, healthy: !away.includes(each.name) }))
  return {
    ...view,
    members: [
      primary('pg1', seen === undefined ? {} : { dcsLastSeen: seen }),
      standby('pg2', { dcsLastSeen: 1000 }),
      standby('pg3', { dcsLastSeen: 999 }),
    ],
    etcd: { members: healthy, quorum: away.length < 2 },
    dynamicConfig: { ttl },
  }
}
const verdicts = (view: ClusterView) => cutOffFromEtcd(view, 'pg1').map(({ ok }) => ok)

test('a primary that has read no etcd for more than a lease was cut off', () => {
  expect(verdicts(viewWith(991, ['pg1']))).toEqual([true, true])
})

test('one whose etcd still answers, or that still reads another one, was not', () => {
  expect(verdicts(viewWith(991, []))).toEqual([false, true])
  expect(verdicts(viewWith(999, ['pg1']))).toEqual([true, false])
  expect(verdicts(viewWith(992, ['pg1']))).toEqual([true, false])
})

test('without a majority more than the primary was cut off', () => {
  expect(verdicts(viewWith(991, ['pg1', 'pg2']))).toEqual([false, true])
})

test('what is not known proves nothing', () => {
  expect(verdicts(viewWith(undefined, ['pg1']))).toEqual([true, false])
  expect(verdicts(viewWith(991, ['pg1'], null))).toEqual([true, false])
  for (const { detail } of cutOffFromEtcd(viewWith(undefined, ['pg1'], null), 'pg1'))
    expect(detail).not.toMatch(/undefined|null/)
})
