import { expect, test } from 'vitest'
import type { Row } from '../database/query.ts'
import { pages } from './pages.ts'

/** Pages of a table of some rows, and how many were asked for. */
async function read(
  rows: number,
  size: number,
  limit: number,
): Promise<{ numbers: number[]; asked: number }> {
  let asked = 0
  const next = (last: Row | undefined): Promise<readonly Row[]> => {
    asked++
    const from = last ? Number(last[0]) + 1 : 0
    return Promise.resolve(Array.from({ length: Math.min(size, rows - from) }, (_, n) => [String(from + n)]))
  }
  const numbers: number[] = []
  for await (const page of pages(size, limit, next)) numbers.push(...page.map((row) => Number(row[0])))
  return { numbers, asked }
}

test('no page is asked for that the limit leaves nothing of', async () => {
  expect(await read(100, 10, 10)).toMatchObject({ numbers: { length: 10 }, asked: 1 })
  expect(await read(100, 10, 15)).toMatchObject({ numbers: { length: 15 }, asked: 2 })
  expect(await read(25, 10, Infinity)).toMatchObject({ numbers: { length: 25 }, asked: 3 })
  expect(await read(0, 10, Infinity)).toMatchObject({ numbers: [], asked: 1 })
})

test('the next page is asked for before the present one is used', async () => {
  const log: string[] = []
  const next = (last: Row | undefined): Promise<readonly Row[]> => {
    log.push(`ask ${last?.[0] ?? 'first'}`)
    return Promise.resolve(last ? [] : [['a']])
  }
  for await (const page of pages(1, Infinity, next)) log.push(`use ${page.length}`)
  expect(log).toEqual(['ask first', 'ask a', 'use 1', 'use 0'])
})
