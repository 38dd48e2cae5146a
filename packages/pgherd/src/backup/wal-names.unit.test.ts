import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatSegment,
  historyName,
  isSegmentSize,
  parseSegment,
  segmentNumber,
  segmentNumberBefore,
  segmentOf,
  segmentStart,
} from './wal-names.ts'
import { parseLsn } from './lsn.ts'

const MB = 2 ** 20
const segmentBytes = fc.integer({ min: 0, max: 10 }).map((power) => MB * 2 ** power)
const timeline = fc.integer({ min: 1, max: 0xffff_ffff })
const lsn = fc.bigInt({ min: 0n, max: 2n ** 64n - 2n ** 31n })

describe('WAL segment names', () => {
  test('follow from position and segment size', () => {
    // XLogFileName: the lower half counts segments within 4 GiB, whatever their size.
    expect(segmentOf(1, parseLsn('0/3000060'), 16 * MB)).toBe('000000010000000000000003')
    expect(segmentOf(1, parseLsn('A/FF000001'), 16 * MB)).toBe('000000010000000A000000FF')
    expect(segmentOf(0x1f, parseLsn('A/FFF00001'), MB)).toBe('0000001F0000000A00000FFF')
    expect(segmentOf(1, parseLsn('A/FC000001'), 64 * MB)).toBe('000000010000000A0000003F')
    expect(segmentOf(1, parseLsn('A/C0000001'), 1024 * MB)).toBe('000000010000000A00000003')
    expect(historyName(31)).toBe('0000001F.history')
  })

  test('read back as what they were made of', () => {
    fc.assert(
      fc.property(timeline, lsn, segmentBytes, (line, position, size) => {
        const name = segmentOf(line, position, size)
        const number = segmentNumber(position, size)
        expect(parseSegment(name, size)).toEqual({ timeline: line, number })
        expect(segmentStart(number, size) <= position && position < segmentStart(number + 1n, size)).toBe(
          true,
        )
        expect(segmentNumberBefore(segmentStart(number + 1n, size), size)).toBe(number)
      }),
    )
  })

  test('of two segments the later one has the later name', () => {
    fc.assert(
      fc.property(timeline, lsn, segmentBytes, (line, position, size) => {
        const number = segmentNumber(position, size)
        const names = [number, number + 1n].map((each) =>
          formatSegment({ timeline: line, number: each }, size),
        )
        expect(names.toSorted()).toEqual(names)
        expect(new Set(names).size).toBe(2)
      }),
    )
    expect(formatSegment({ timeline: 1, number: 256n }, 16 * MB)).toBe('000000010000000100000000')
  })

  test('impossible names and sizes are not taken', () => {
    for (const name of [
      '',
      '0000000100000000000000',
      '00000001000000000000000G',
      '000000000000000000000001',
      '000000010000000000000100',
    ]) {
      expect(parseSegment(name, 16 * MB), name).toBeUndefined()
    }
    expect(parseSegment('000000010000000000000100', MB)).toEqual({ timeline: 1, number: 256n })
    expect([MB, 1024 * MB, 3 * MB, MB / 2, 2048 * MB, 0].map(isSegmentSize)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ])
    expect(() => formatSegment({ timeline: 1, number: 1n }, 5)).toThrow(RangeError)
  })

  test('random text never parses into something else', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), segmentBytes, (text, size) => {
        const parsed = parseSegment(text, size)
        if (parsed) expect(formatSegment(parsed, size)).toBe(text)
      }),
    )
  })
})
