import fc from 'fast-check'
import { expect, test } from 'vitest'
import { embedMigrations } from '../source/embed-migrations.ts'
import { pauseMs } from './pause.ts'
import { stepsOf } from './steps.ts'

const kinds = {
  small: () => 'select 1',
  large: () => `select '${'x'.repeat(700_000)}'`,
  outside: () => '-- pgherd: no-transaction\nselect 1',
  code: () => ({ text: 'x', module: { up: () => Promise.resolve() } }),
}

test('no task is lost or moved, and only transactional SQL is put together, below the limit of a message', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])), { maxLength: 12 }),
      (all) => {
        const files = all.map(
          (kind, index) => [`${index + 1}_m.${kind === 'code' ? 'ts' : 'sql'}`, kinds[kind]()] as const,
        )
        const tasks = embedMigrations(Object.fromEntries(files)).map((migration) => ({
          migration,
          script: migration.up,
        }))
        const steps = stepsOf(tasks)
        expect(steps.flatMap((step) => (step.kind === 'batch' ? step.tasks : [step.task]))).toEqual(tasks)
        for (const step of steps) {
          if (step.kind !== 'batch') continue
          expect(step.tasks.every(({ script }) => script.kind === 'sql' && script.transactional)).toBe(true)
          const size = step.tasks.reduce((total, { script }) => total + script.text.length, 0)
          expect(size <= 1_000_000 || step.tasks.length === 1).toBe(true)
        }
      },
    ),
    { numRuns: 50 },
  )
})

test('a pause doubles, has an upper bound, and is spread by 30 % either way', () => {
  expect([1, 2, 3, 20].map((attempt) => Math.round(pauseMs(attempt, 250, 10_000, 0.5)))).toEqual([
    250, 500, 1000, 10_000,
  ])
  expect(pauseMs(1, 100, 1000, 0)).toBeCloseTo(70)
  expect(pauseMs(1, 100, 1000, 1)).toBeCloseTo(130)
})
