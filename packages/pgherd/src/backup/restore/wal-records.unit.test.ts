import { expect, test } from 'vitest'
import { firstByte, isUnfinishedRecord, lastRecordEnd, recordEnd } from './wal-records.ts'

const segmentBytes = 2 ** 20
const at = (offset: number): bigint => BigInt(3 * segmentBytes + offset)

/** A segment with a record of this length at an offset, received up to `received`. */
function segmentWith(offset: number, length: number, received: number): Buffer {
  const segment = Buffer.alloc(segmentBytes, 7)
  segment.writeUInt32LE(length, offset)
  for (let page = 8192; page < segmentBytes; page += 8192) {
    if (page <= offset) continue
    segment.writeUInt16LE(1, page + 2)
    const before =
      8192 - (offset % 8192) + Math.floor((page - 8192 - (offset - (offset % 8192))) / 8192) * (8192 - 24)
    segment.writeUInt32LE(Math.max(0, length - before), page + 16)
  }
  return segment.fill(0, received)
}

test('records begin behind page headers and go on behind the next ones', () => {
  expect(firstByte(at(0), segmentBytes)).toBe(at(40))
  expect(firstByte(at(8192), segmentBytes)).toBe(at(8192 + 24))
  expect(firstByte(at(100), segmentBytes)).toBe(at(100))
  expect(recordEnd(at(8000), 192, segmentBytes)).toBe(at(8192))
  expect(recordEnd(at(8000), 193, segmentBytes)).toBe(at(8192 + 24 + 1))
  expect(recordEnd(at(8000), 192 + 8168 + 10, segmentBytes)).toBe(at(16384 + 24 + 10))
  expect(recordEnd(at(segmentBytes - 8), 16, segmentBytes)).toBe(at(segmentBytes + 40 + 8))
})

test('a record that was not received whole is the end of the archive', () => {
  expect(isUnfinishedRecord(segmentWith(8000, 20_000, 10_000), at(8000), at(10_000))).toBe(true)
  expect(isUnfinishedRecord(segmentWith(1000, 20_000, 10_000), at(1000), at(10_000))).toBe(true)
  expect(isUnfinishedRecord(segmentWith(8000, 120, 8050), at(8000), at(8050))).toBe(true)
})

test('nothing but zeros up to the end is the end of the archive', () => {
  expect(isUnfinishedRecord(Buffer.alloc(segmentBytes).fill(7, 0, 8000), at(8000), at(segmentBytes))).toBe(
    true,
  )
  expect(
    isUnfinishedRecord(
      Buffer.alloc(segmentBytes).fill(7, 0, 8000).fill(1, 20_000, 20_001),
      at(8000),
      at(segmentBytes),
    ),
  ).toBe(false)
})

test('a whole record that was not replayed is damaged, and so is one whose length makes no sense', () => {
  expect(isUnfinishedRecord(segmentWith(8000, 120, 10_000), at(8000), at(10_000))).toBe(false)
  expect(isUnfinishedRecord(segmentWith(8000, 5, 10_000), at(8000), at(10_000))).toBe(false)
  const endless = segmentWith(8000, 20_000, 12_000)
  endless.writeUInt32LE(900_000, 8000)
  expect(isUnfinishedRecord(endless, at(8000), at(12_000))).toBe(false)
})

test('the last record of a segment ends where it says, though it ends in zeros', () => {
  const segment = Buffer.alloc(segmentBytes)
  // what is left of a record of the segment before, then one of 114 bytes with nothing but its first half
  segment.writeUInt32LE(30, 16)
  segment.fill(7, 40, 70)
  segment.writeUInt32LE(114, 72)
  segment.fill(7, 76, 150)
  expect(lastRecordEnd(segment, 150)).toBe(72 + 120)
  // before it, the one of the segment before is the last
  expect(lastRecordEnd(segment, 70)).toBe(72)
  // one that runs into the next page
  segment.writeUInt32LE(8100, 192)
  expect(lastRecordEnd(segment, 200)).toBe(8192 + 24 + 104)
})
