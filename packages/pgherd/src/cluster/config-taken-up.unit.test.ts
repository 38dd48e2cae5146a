import { expect, test } from 'vitest'
import type { ClusterView } from '../plan/cluster-view.ts'
import { noteReadings, takenUp, type Readings } from './config-taken-up.ts'

const looks = (...views: readonly (readonly [a: number, b: number | undefined, pending?: boolean])[]) =>
  views.map(
    ([a, b, pending = false]) =>
      ({
        members: [
          { name: 'pg1', role: 'primary', pendingRestart: false, dcsLastSeen: a },
          b === undefined
            ? { name: 'pg2', role: 'unreachable', pendingRestart: false }
            : { name: 'pg2', role: 'standby', pendingRestart: pending, dcsLastSeen: b },
        ],
      }) as unknown as ClusterView,
  )

function verdicts(views: readonly ClusterView[]): boolean[] {
  let readings: Readings = new Map()
  return views.map((view) => {
    readings = noteReadings(readings, view)
    return takenUp(readings, view)
  })
}

test('a member has taken it up once it has read etcd twice', () => {
  expect(verdicts(looks([1, 1], [2, 1], [3, 2], [3, 3]))).toEqual([false, false, false, true])
})

test('a member that flags a restart, or does not answer, is not waited for', () => {
  expect(verdicts(looks([1, 1], [2, 1], [3, 1, true]))).toEqual([false, false, true])
  expect(verdicts(looks([1, undefined], [2, undefined], [3, undefined]))).toEqual([false, false, true])
})
