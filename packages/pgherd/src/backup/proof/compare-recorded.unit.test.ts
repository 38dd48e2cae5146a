import { expect, test } from 'vitest'
import { judgeContents, type Compared } from './compare-recorded.ts'
import type { Comparison } from './compare-contents.ts'
import type { RecordedDatabase } from './record-contents.ts'
import type { LeftOut } from './user-tables.ts'

const gigabyte = 2 ** 30
const big: LeftOut = { table: 'shop: "public"."big"', reason: 'timeout', bytes: 99 * gigabyte, needed: true }

const compared = (name: string, part: Partial<Comparison>): Compared['databases'][number] => ({
  recorded: { database: name } as RecordedDatabase,
  comparison: {
    tables: 1,
    rows: 10,
    bytes: gigabyte,
    ofBytes: gigabyte,
    emptyHanded: false,
    differences: [],
    leftOut: [],
    ...part,
  },
})
const judge = (databases: Compared['databases'], unrecorded: readonly LeftOut[] = []) =>
  judgeContents({ databases, unrecorded, seconds: 1 })

test('everything compared and equal', () => {
  expect(judge([compared('shop', {}), compared('postgres', {})])).toEqual({
    check: {
      name: 'contents',
      ok: true,
      seconds: 1,
      detail:
        'equal to the live server at the same commit: 2 tables of 2 databases, 20 rows, 100 % of the bytes',
    },
    compared: { databases: 2, tables: 2, rows: 20, bytes: 2 * gigabyte, ofBytes: 2 * gigabyte, leftOut: [] },
  })
})

test('a table that was left out counts in what there is, not in what was compared', () => {
  const { check, compared: share } = judge([compared('shop', { ofBytes: 100 * gigabyte, leftOut: [big] })])
  expect(check).toMatchObject({ ok: true })
  expect(check.detail).toContain('1 % of the bytes; left out: shop: "public"."big" (timeout)')
  expect(share).toMatchObject({ bytes: gigabyte, ofBytes: 100 * gigabyte })
})

test('a database of which nothing was compared leaves the proof open, whatever the others show', () => {
  const { check, compared: share } = judge([
    compared('shop', {
      tables: 0,
      rows: 0,
      bytes: 0,
      ofBytes: 99 * gigabyte,
      emptyHanded: true,
      leftOut: [big],
    }),
    compared('postgres', {}),
  ])
  expect(check).toMatchObject({ ok: false, inconclusive: true })
  expect(check.detail).toMatch(
    /^nothing of database shop was compared; .* 1 table of 1 database, 10 rows, 1 % of/,
  )
  expect(share).toMatchObject({ databases: 1, ofBytes: 100 * gigabyte })
})

test('so does one that could not be recorded, unless it is known to hold nothing', () => {
  const away = { table: 'shop', reason: 'no snapshot', bytes: 3 * gigabyte, needed: true }
  expect(judge([compared('postgres', {})], [away])).toMatchObject({
    check: { ok: false, inconclusive: true },
    compared: { bytes: gigabyte, ofBytes: 4 * gigabyte, leftOut: [{ table: 'shop', reason: 'no snapshot' }] },
  })
  const empty = { ...away, bytes: 0, needed: false }
  expect(judge([compared('postgres', {})], [empty]).check.ok).toBe(true)
})

test('a difference fails, even where something else could not be compared', () => {
  const { check } = judge(
    [compared('shop', { differences: ['shop: table x has 1 rows instead of 2'] })],
    [big],
  )
  expect(check).toEqual({
    name: 'contents',
    ok: false,
    seconds: 1,
    detail: 'the restored contents differ: shop: table x has 1 rows instead of 2',
  })
})
