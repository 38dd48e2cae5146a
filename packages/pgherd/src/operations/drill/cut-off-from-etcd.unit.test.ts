import { expect, test } from 'vitest'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { healthyView, primary, standby } from '../cluster-view.testkit.ts'
import { cutOffFromEtcd } from './cut-off-from-etcd.ts'

function viewWith(away: readonly string[], change: Partial<Pick<ClusterView, 'members'>> = {}): ClusterView {
  const view = healthyView()
  const members = view.etcd.members.map((each) => ({ ...each, healthy: !away.includes(each.name) }))
  return {
    ...view,
    // the one that is cut off reads its own copy, in which its lock is still there
    members: [
      primary('pg1', { seesNoLock: false }),
      standby('pg2', { seesNoLock: true }),
      standby('pg3', { seesNoLock: true }),
    ],
    etcd: { members, quorum: away.length < 2 },
    ...change,
  }
}
const verdicts = (view: ClusterView) => cutOffFromEtcd(view, 'pg1').map(({ ok }) => ok)

test('a primary whose lock ran out while its etcd was away was cut off', () => {
  expect(verdicts(viewWith(['pg1']))).toEqual([true, true])
})

test('one whose etcd still answers, or that renews its lock through another one, was not', () => {
  expect(verdicts(viewWith([]))).toEqual([false, true])
  const members = [
    primary('pg1'),
    standby('pg2', { seesNoLock: true }),
    standby('pg3', { seesNoLock: false }),
  ]
  expect(verdicts(viewWith(['pg1'], { members }))).toEqual([true, false])
})

test('without a majority, or without Patroni, more than the primary was cut off from etcd', () => {
  expect(verdicts(viewWith(['pg1', 'pg2']))).toEqual([false, true])
  const silent = primary('pg1', { role: 'unreachable' })
  const members = [silent, standby('pg2', { seesNoLock: true }), standby('pg3', { seesNoLock: true })]
  expect(verdicts(viewWith(['pg1'], { members }))).toEqual([true, false])
})

test('what is not known proves nothing', () => {
  expect(verdicts(viewWith(['pg1'], { members: [] }))).toEqual([true, false])
  expect(verdicts(viewWith(['pg1'], { members: [primary('pg1'), standby('pg2')] }))).toEqual([true, false])
})
