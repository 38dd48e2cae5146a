import { expect, test } from 'vitest'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { healthyView, primary, standby } from '../cluster-view.testkit.ts'
import { cutOffFromEtcd, type LockHolder } from './cut-off-from-etcd.ts'

function without(away: readonly string[], members = healthyView().members): ClusterView {
  const view = healthyView({ members })
  const etcd = view.etcd.members.map((each) => ({ ...each, healthy: !away.includes(each.name) }))
  return { ...view, etcd: { members: etcd, quorum: away.length < 2 } }
}
const verdicts = (view: ClusterView, holder: LockHolder) =>
  cutOffFromEtcd(view, 'pg1', holder).map(({ ok }) => ok)

test('a primary whose lock ran out, or went to another, while its etcd was away was cut off', () => {
  expect(verdicts(without(['pg1']), null)).toEqual([true, true, true])
  expect(verdicts(without(['pg1']), 'pg2')).toEqual([true, true, true])
})

test('one whose etcd still answers, or that renews its lock through another one, was not', () => {
  expect(verdicts(without([]), null)).toEqual([false, true, true])
  expect(verdicts(without(['pg1']), 'pg1')).toEqual([true, false, true])
})

test('without a majority, or without Patroni, more than the primary was cut off from etcd', () => {
  expect(verdicts(without(['pg1', 'pg2']), null)).toEqual([false, true, true])
  const members = [primary('pg1', { role: 'unreachable' }), standby('pg2'), standby('pg3')]
  expect(verdicts(without(['pg1'], members), null)).toEqual([true, true, false])
})

test('what is not known proves nothing', () => {
  expect(verdicts(without(['pg1'], []), undefined)).toEqual([true, false, false])
  for (const { detail } of cutOffFromEtcd(without(['pg1'], []), 'pg1', undefined))
    expect(detail).not.toMatch(/undefined|null/)
})
