import { expect, test } from 'vitest'
import { Completeness } from './completeness.ts'

const data = (start: bigint, length: number, serverEnd: bigint, clock: bigint) => ({
  kind: 'data' as const,
  start,
  serverEnd,
  clock,
  bytes: Buffer.alloc(length),
})
const alive = (end: bigint, clock: bigint) => ({
  kind: 'keepalive' as const,
  end,
  clock,
  replyRequested: false,
})

test('WAL that leaves nothing unsent is complete as of the message before it', () => {
  const completeness = new Completeness(0n)
  expect(completeness.onKeepalive(alive(0n, 10n))).toBeUndefined()
  expect(completeness.onData(data(0n, 100, 100n, 20n))).toEqual({ lsn: 100n, clock: 10n })
  expect(completeness.onKeepalive(alive(100n, 30n))).toEqual({ lsn: 100n, clock: 20n })
})

test('while the server has more nothing is complete, keepalive or not', () => {
  const completeness = new Completeness(0n)
  completeness.onKeepalive(alive(0n, 10n))
  expect(completeness.onData(data(0n, 100, 500n, 20n))).toBeUndefined()
  expect(completeness.onKeepalive(alive(100n, 30n))).toBeUndefined()
  expect(completeness.caughtUp).toBe(false)
  expect(completeness.onData(data(100n, 400, 500n, 40n))).toEqual({ lsn: 500n, clock: 30n })
})

test('a start at the end of the server is complete once the server has looked again', () => {
  const completeness = new Completeness(700n)
  expect(completeness.onKeepalive(alive(700n, 10n), 700n)).toBeUndefined()
  expect(completeness.onKeepalive(alive(700n, 20n), 700n)).toEqual({ lsn: 700n, clock: 10n })
})
