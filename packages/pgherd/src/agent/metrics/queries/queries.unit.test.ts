import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { metricQueries } from './registry.ts'

test('the registry holds every file of the folder, each once', () => {
  const files = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'registry.ts',
  )
  expect(metricQueries).toHaveLength(files.length)
  expect(new Set(metricQueries.map((query) => query.id)).size).toBe(files.length)
})

test('no query of the hot path calls a function that locks relations', () => {
  for (const query of metricQueries)
    for (const major of [15, 16, 17, 18] as const)
      expect(query.text({ major, extensions: { pg_stat_statements: '"public"' } }) ?? '').not.toMatch(
        /pg_(table|indexes|total_relation|relation)_size/,
      )
})
