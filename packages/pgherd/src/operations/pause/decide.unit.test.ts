import { expect, test } from 'vitest'
import { healthyView, standby } from '../cluster-view.testkit.ts'
import { decidePause, decideUnpause } from './decide.ts'

const now = new Date('2026-11-24T12:00:00Z')

test('a pause has an end, and a second one moves it', () => {
  expect(decidePause(healthyView(), 1800, now)).toMatchObject({ plan: { until: '2026-11-24T12:30:00.000Z' } })
  expect(decidePause(healthyView({ paused: true }), 60, now)).toMatchObject({
    plan: { until: '2026-11-24T12:01:00.000Z' },
  })
})

test('what is not paused needs no end of it', () => {
  expect(decideUnpause(healthyView())).toMatchObject({ plan: { steps: [] } })
  expect(decideUnpause(healthyView({ paused: true }))).toMatchObject({ plan: { steps: [{}] } })
})

test('without etcd or any Patroni nobody can be told', () => {
  expect(decidePause(healthyView({ etcd: { members: [], quorum: false } }), 60, now)).toMatchObject({
    refused: [{ code: 'ETCD_NO_QUORUM' }],
  })
  const silent = healthyView({ members: [standby('pg1', { role: 'unreachable' })] })
  expect(decideUnpause(silent)).toMatchObject({ refused: [{ code: 'MEMBER_UNREACHABLE' }] })
})
