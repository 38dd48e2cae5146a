import fc from 'fast-check'
import { expect, test } from 'vitest'
import { alignedRange, parseSnapshot, sees, widen, type Commit } from './commit-order.ts'

const commit = (xid: number, at: number): Commit => ({
  xid: BigInt(xid),
  start: BigInt(at),
  end: BigInt(at + 8),
})

test('a snapshot that sees a prefix of the commits is aligned between the last seen and the first missed', () => {
  const snapshot = parseSnapshot('10:13:10')
  expect(
    alignedRange(snapshot, [commit(12, 100), commit(11, 120), commit(10, 140), commit(14, 160)], 90n),
  ).toEqual({
    from: 128n,
    to: 140n,
  })
})

test('a snapshot that sees a commit behind one it misses is not aligned', () => {
  const snapshot = parseSnapshot('10:13:10')
  expect(alignedRange(snapshot, [commit(10, 100), commit(12, 120), commit(14, 160)], 90n)).toBeUndefined()
})

test('without a commit before the snapshot the range begins where reading began', () => {
  expect(alignedRange(parseSnapshot('10:13:'), [commit(13, 160)], 90n)).toEqual({ from: 90n, to: 160n })
})

test('records that end before the snapshot does prove nothing', () => {
  expect(() => alignedRange(parseSnapshot('10:13:'), [commit(12, 100)], 90n)).toThrow(RangeError)
})

test('text that is no snapshot is refused', () => {
  expect(() => parseSnapshot('1:2')).toThrow(RangeError)
  expect(() => parseSnapshot('1:2:a')).toThrow(RangeError)
})

test('transaction numbers are widened across a wraparound in both directions', () => {
  const near = 0x1_0000_0005n
  expect(widen(0xffff_fff0n, near)).toBe(0xffff_fff0n)
  expect(widen(7n, near)).toBe(0x1_0000_0007n)
  expect(widen(3n, 0xffff_fffen)).toBe(0x1_0000_0003n)
  expect(sees({ xmax: near, running: new Set([0xffff_fff1n]) }, 0xffff_fff0n)).toBe(true)
  expect(sees({ xmax: near, running: new Set([0xffff_fff1n]) }, 0xffff_fff1n)).toBe(false)
})

test('whatever the order of commits, an accepted range separates the seen from the missed', () => {
  const order = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(order, fc.uniqueArray(fc.integer({ min: 1, max: 30 })), (xids, hidden) => {
      const commits = [...xids, 99].map((xid, index) => commit(xid, 100 + index * 10))
      const snapshot = { xmax: 31n, running: new Set(hidden.map(BigInt)) }
      const range = alignedRange(snapshot, commits, 90n)
      const wrong = (point: bigint) => commits.some((each) => each.end <= point !== sees(snapshot, each.xid))
      if (range) return !wrong(range.from) && !wrong(range.to)
      return commits.every((each) => wrong(each.end)) && wrong(90n)
    }),
  )
})
