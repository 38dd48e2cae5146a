import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { gucOf, majors } from './gucs/guc.ts'
import { planMemory } from './memory-plan.ts'
import { specSchema } from '../spec/schema.ts'
import { sizingOf } from './sizing.ts'
import { limits } from './limits/registry.ts'
import { subjects } from './subjects/registry.ts'
import { factsOf } from './testdata/facts.ts'

function filesIn(folder: string, besides: readonly string[]): string[] {
  return readdirSync(new URL(folder, import.meta.url))
    .filter((name) => !name.includes('.test.') && !besides.includes(name))
    .map((name) => name.replace('.ts', ''))
    .sort()
}

test('every subject and every limit of the folders is registered', async () => {
  expect(subjects.map(({ name }) => name).sort()).toEqual(filesIn('./subjects/', ['registry.ts']))
  const names = filesIn('./limits/', ['registry.ts', 'limit.ts'])
  const modules = await Promise.all(
    names.map(async (name) => ((await import(`./limits/${name}.ts`)) as Record<string, unknown>)[name]),
  )
  expect(new Set(limits)).toEqual(new Set(modules))
})

test('every name a subject computes is a setting of some major', () => {
  for (const major of majors) {
    const databases = { a: { owner: 'o', extensions: ['timescaledb', 'pg_cron'] } }
    const facts = factsOf({
      postgres: { major, extensions: ['timescaledb', 'pg_cron', 'pg_stat_statements'] },
    })
    const sizing = sizingOf(specSchema.parse({ name: 'shop', databases }), facts, new Map())
    const names = subjects
      .flatMap((subject) => subject.settings(sizing, planMemory(sizing)))
      .map(({ name }) => name)
    expect(names.filter((name) => !name.includes('.') && majors.every((each) => !gucOf(name, each)))).toEqual(
      [],
    )
  }
})
