import { expect, test } from 'vitest'
import { percentile, summarise } from './measurement.ts'

test('percentiles are nearest-rank', () => {
  const sorted = Float64Array.from(Array.from({ length: 100 }, (_, index) => index + 1))
  expect([0.5, 0.95, 0.99, 1].map((share) => percentile(sorted, share))).toEqual([50, 95, 99, 100])
  expect(percentile(Float64Array.from([7]), 0.5)).toBe(7)
  expect(percentile(new Float64Array(), 0.5)).toBeNaN()
})

test('a run is summed up whatever the order of its latencies', () => {
  const result = summarise({ tool: 'node', seconds: 2, clients: 1, scale: 1, failed: 0 }, [30, 10, 20, 40])
  expect(result).toMatchObject({ transactions: 4, tps: 2, p50: 20, p95: 40, p99: 40 })
})
