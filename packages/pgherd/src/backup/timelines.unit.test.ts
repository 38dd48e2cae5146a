import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatLsn, parseLsn } from './lsn.ts'
import { parseHistory, timelineOfSegment, wayTo } from './timelines.ts'

const MB = 2 ** 20

describe('timeline history files', () => {
  test('as PostgreSQL writes them', () => {
    const text = '1\t0/5000148\tno recovery target specified\n\n2\t0/A000000\tbefore 2026-11-21 03:17:35+00\n'
    expect(parseHistory(text)).toEqual([
      { timeline: 1, until: parseLsn('0/5000148') },
      { timeline: 2, until: parseLsn('0/A000000') },
    ])
    expect(parseHistory('# comment\n\n')).toEqual([])
  })

  test('malformed ones are refused', () => {
    for (const text of ['x', '1', '1\tnowhere\treason', '2\t0/1\ta\n1\t0/2\tb', '1\t0/9\ta\n2\t0/8\tb']) {
      expect(() => parseHistory(text), text).toThrow(RangeError)
    }
  })

  test('random text parses or is refused, never anything else', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          for (const row of parseHistory(text)) expect(row.timeline).toBeGreaterThanOrEqual(0)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
    )
  })
})

describe('the way to a timeline', () => {
  test('leads through its ancestors; a segment is read from the newest timeline that has begun', () => {
    const histories = new Map([[3, parseHistory('1\t0/5000148\ta\n2\t0/5800000\tb')]])
    const way = wayTo(3, histories)
    expect(
      way.map(({ timeline, from, until }) => [timeline, formatLsn(from), until && formatLsn(until)]),
    ).toEqual([
      [1, '0/0', '0/5000148'],
      [2, '0/5000148', '0/5800000'],
      [3, '0/5800000', undefined],
    ])
    // Both switches lie in segment 5, so its copy on timeline 3 is the one that counts.
    expect([3n, 4n, 5n, 6n].map((number) => timelineOfSegment(way, number, 16 * MB))).toEqual([1, 1, 3, 3])
    expect([4n, 5n, 79n, 80n, 87n, 88n].map((number) => timelineOfSegment(way, number, MB))).toEqual([
      1, 1, 1, 2, 2, 3,
    ])
  })

  test('a timeline without a history stands for itself', () => {
    expect(wayTo(4, new Map())).toEqual([{ timeline: 4, from: 0n, until: undefined }])
  })
})
