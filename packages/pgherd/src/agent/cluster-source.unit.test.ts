import { expect, test } from 'vitest'
import { ServiceHistory } from './cluster-source.ts'
import { RestartHistory } from './units.ts'

test('a fault lasts from the look that found it, and another kind of fault is another one', () => {
  const history = new ServiceHistory()
  const pooler = (found: Parameters<ServiceHistory['note']>[0]['pooler'], now: number) =>
    history.note({ pooler: found, router: 'ok' }, now).pooler
  const down = { reason: 'refused' }
  expect(pooler('ok', 0)).toEqual({ state: 'ok', reason: null, seconds: null })
  expect(pooler(down, 5000)).toEqual({ state: 'failing', reason: 'refused', seconds: 0 })
  expect(pooler(down, 10_000).seconds).toBe(5)
  expect(pooler({ reason: 'paused', waiting: true }, 15_000)).toMatchObject({ state: 'waiting', seconds: 0 })
  expect(pooler(down, 20_000).seconds).toBe(0)
  expect(pooler('ok', 25_000).state).toBe('ok')
  expect(pooler(down, 30_000).seconds).toBe(0)
})

test('whoever looks once does not know for how long, and Redis is there where it is declared', () => {
  const once = new ServiceHistory().note({ pooler: { reason: 'x' }, router: 'ok', redis: 'ok' })
  expect(once).toMatchObject({ pooler: { seconds: null }, redis: { state: 'ok' } })
  expect(new ServiceHistory().note({ pooler: 'ok', router: 'ok' }, 0)).not.toHaveProperty('redis')
})

test('restarts of the last ten minutes are counted, whatever was counted before and however often it was started', () => {
  const history = new RestartHistory()
  const etcd = (restarts: number, minute: number) => {
    const unit = { member: 'pg1', name: 'etcd', state: 'running', restarts, lastExit: null }
    return history.note([unit, { ...unit, member: 'pg2', restarts: 0 }], minute * 60_000)[0]?.recentRestarts
  }
  expect(etcd(40, 0)).toBe(0)
  expect(etcd(42, 1)).toBe(2)
  // started on purpose, and ended once since
  expect(etcd(1, 5)).toBe(3)
  expect(etcd(1, 10.9)).toBe(3)
  expect(etcd(1, 11.1)).toBe(1)
  expect(etcd(1, 16)).toBe(0)
})
