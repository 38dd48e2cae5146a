import { expect, test } from 'vitest'
import { FakeClock } from '../testing/fake-clock.testkit.ts'
import { carriesToken } from './bearer.ts'
import { isLoopback, isOurHost } from './host-header.ts'
import { RateLimit } from './rate-limit.ts'

test.each([
  ['localhost:5210', true],
  ['LOCALHOST', true],
  ['localhost.', true],
  ['127.0.0.1:5210', true],
  ['[::1]:5210', true],
  ['db.example.org:5210', true],
  ['[fd00::7]:1', true],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['evil@127.0.0.1', false],
  ['localhost:5210:1', false],
  ['', false],
  [undefined, false],
])('Host %s: %s', (header, ours) => {
  expect(isOurHost(header, ['db.example.org', 'fd00::7'])).toBe(ours)
})

test.each([
  ['127.0.0.1', true],
  ['127.9.8.7', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['127.0.0.1.evil.example', false],
  ['::', false],
])('loopback %s: %s', (address, loopback) => {
  expect(isLoopback(address)).toBe(loopback)
})

test.each([
  ['Bearer right', true],
  ['bearer right', true],
  ['Bearer wrong', false],
  ['Bearer right ', false],
  ['Bearer righ', false],
  ['Basic right', false],
  ['Bearer', false],
  ['right', false],
  [undefined, false],
])('Authorization %s: %s', (header, carries) => {
  expect(carriesToken(header, 'right')).toBe(carries)
})

test('an empty token of ours lets nobody in', () => {
  expect(carriesToken('Bearer ', '')).toBe(false)
  expect(carriesToken(undefined, '')).toBe(false)
})

test('a bucket empties per caller and refills with time', () => {
  const clock = new FakeClock('2026-01-10T12:00:00Z')
  const limit = new RateLimit(1, 2, clock)
  expect([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('b')]).toEqual([
    true,
    true,
    false,
    true,
  ])
  clock.pass(1)
  expect([limit.take('a'), limit.take('a')]).toEqual([true, false])
})
