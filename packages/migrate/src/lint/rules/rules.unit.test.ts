import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { embedMigrations } from '../../source/embed-migrations.ts'
import { lint } from '../../lint.ts'
import { rules } from './registry.ts'

const findingsOf = async (sql: string) => (await lint(embedMigrations({ '1_a.sql': sql }))).findings

test('the registry holds every rule of the folder', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^mig\d\d-.*(?<!\.test)\.ts$/.test(name))
  expect(files.map((name) => name.slice(0, 5).toUpperCase()).toSorted()).toEqual(
    rules.map(({ code }) => code),
  )
})

describe.each(rules)('$code', ({ code, examples }) => {
  test.each(examples.bad.map((sql) => [sql]))('finds: %s', async (sql) => {
    const found = (await findingsOf(sql)).filter((each) => each.code === code)
    expect(found).toHaveLength(1)
    expect(found[0]?.detail).not.toContain('undefined')
    expect(found[0]?.mend.text.length).toBeGreaterThan(10)
  })

  test.each(examples.good.map((sql) => [sql]))('finds nothing: %s', async (sql) => {
    expect((await findingsOf(sql)).filter((each) => each.code === code)).toEqual([])
  })
})
