import { expect, test } from 'vitest'
import type { WriteRecord } from './history.ts'
import { lossBeyond } from './loss-beyond.ts'

/** Ten writes a second, each a hundred bytes of WAL. */
const writes: readonly WriteRecord[] = Array.from({ length: 200 }, (_, sequence) => ({
  id: `0-${sequence}`,
  writer: 0,
  sequence,
  sent: sequence / 10,
  sentAt: '2026-11-24T00:00:00.000Z',
  ended: sequence / 10,
  outcome: 'acknowledged',
  server: '127.0.0.11',
  timeline: 1,
  lsn: 100 * sequence,
}))
const lastOnes = (count: number) => writes.slice(-count).map(({ id }) => id)

test('what was written in the last seconds, and some WAL before it, may be lost; the write before that may not', () => {
  const bound = { seconds: 8, walBytes: 1000 }
  // 81 writes ended within 8 s of the last one, and ten lie within 1000 bytes before them
  expect(lossBeyond(writes, lastOnes(91), bound)).toEqual([])
  expect(lossBeyond(writes, lastOnes(92), bound)).toEqual(['0-108'])
  expect(lossBeyond(writes, ['0-3'], bound)).toEqual(['0-3'])
  expect(lossBeyond(writes, [], bound)).toEqual([])
})

test('each timeline has an end of its own, and a write of an unknown timeline is beyond every bound', () => {
  const later: readonly WriteRecord[] = writes.map((write) => ({
    ...write,
    id: `1-${write.sequence}`,
    timeline: 2,
    ended: (write.ended ?? 0) + 100,
  }))
  const bound = { seconds: 8, walBytes: 0 }
  expect(lossBeyond([...writes, ...later], ['0-199', '1-199', '1-0'], bound)).toEqual(['1-0'])
  const nowhere = writes.map(({ timeline: _timeline, ...write }) => write)
  expect(lossBeyond(nowhere, ['0-199'], bound)).toEqual(['0-199'])
})
