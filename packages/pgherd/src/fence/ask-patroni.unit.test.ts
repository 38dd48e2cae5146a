import { expect, test } from 'vitest'
import { ttlInForce } from '../components/failover-timing.ts'
import { readAnswer, readTtl } from './ask-patroni.ts'

test('the ttl is read as Patroni reads it, and nothing else is taken for one', () => {
  expect(readTtl('{"ttl": 20, "loop_wait": 2}')).toBe(20)
  expect(readTtl('{"ttl": "15"}')).toBe(15)
  for (const body of [
    '{}',
    '{"ttl": null}',
    '{"ttl": "soon"}',
    '{"ttl": 0}',
    '{"ttl": -5}',
    'null',
    '7',
    '[]',
  ])
    expect(readTtl(body)).toBeUndefined()
})

test('the version tells whether Patroni raises a short ttl', () => {
  const answer = readAnswer('{"state": "running", "dcs_last_seen": 7, "patroni": {"version": "3.2.1"}}')
  expect(answer).toEqual({
    lastSeen: 7,
    failsafe: false,
    paused: false,
    version: '3.2.1',
  })
  expect(ttlInForce(8, '3.2.1')).toBe(20)
  expect(ttlInForce(8, '3.0.2')).toBe(8)
  expect(readAnswer('{"state": "running"}')).toEqual({
    lastSeen: 0,
    failsafe: false,
    paused: false,
  })
})
