import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { install as installFacts } from '../../bitemporal/src/schema/install.ts'
import { install as installEvents } from '../../eventstore/src/schema/install.ts'
import { Databases } from './database.testkit.ts'
import { diff } from './diff.ts'
import { down } from './down.ts'
import { embedMigrations } from './source/embed-migrations.ts'
import { readMigrations } from './source/read-migrations.ts'
import { up } from './up.ts'

/* Schemas that somebody wrote for a use of its own, not for this test. */

let databases: Databases
/** Has the example and both stores. */
let full: pg.Pool
beforeAll(async () => {
  databases = await Databases.start(18)
  await databases.server.query('create role jeex_readonly')
  full = await databases.pool(3)
  await up(full, readMigrations(join(import.meta.dirname, '../../../examples/jeex/migrations')))
  await installEvents(full)
  await installFacts(full)
})
afterAll(() => databases[Symbol.asyncDispose]())

test('the example and what both stores install: made by diff and taken back, nothing differs', async () => {
  const [made, empty] = [await databases.pool(3), await databases.pool(3)]
  const { steps } = await diff(made, full)
  const migrations = embedMigrations(
    Object.fromEntries(
      steps.flatMap((step, index) => [
        [`${index + 1}_a.sql`, step.up],
        [`${index + 1}_a.down.sql`, step.down],
      ]),
    ),
  )
  await up(made, migrations)
  const { rows } = await made.query<{ schema: string }>(
    `select distinct schemaname as schema from pg_tables where schemaname in ('public', 'eventstore', 'bitemporal') order by 1`,
  )
  expect(rows.map(({ schema }) => schema)).toEqual(['bitemporal', 'eventstore', 'public'])
  expect((await diff(made, full)).steps).toEqual([])
  await down(made, migrations, { to: 0 })
  expect((await diff(made, empty)).steps).toEqual([])
})

test('the stores stay out of a difference when their schemas are named, and would be dropped when not', async () => {
  const wanted = await databases.pool(3)
  await up(wanted, readMigrations(join(import.meta.dirname, '../../../examples/jeex/migrations')))
  await wanted.query('alter table users add nickname text')
  expect((await diff(full, wanted)).destroys.join()).toMatch(
    /DROP TABLE "eventstore"[^]*DROP TABLE|DROP SCHEMA/,
  )
  const { steps, destroys } = await diff(full, wanted, { ignoreSchemas: ['eventstore', 'bitemporal'] })
  expect(destroys).toEqual([])
  expect(steps).toHaveLength(1)
  expect(steps[0]?.up).toContain('ADD COLUMN "nickname" text')
  expect(steps[0]?.up).not.toMatch(/eventstore|bitemporal/)
})
