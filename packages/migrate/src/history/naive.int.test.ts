import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { codesOf, Databases, numbered, tablesOf } from '../database.testkit.ts'
import type { Migration } from '../source/migration.ts'
import { up } from '../up.ts'
import { verify } from '../verify.ts'

let databases: Databases
beforeAll(async () => {
  databases = await Databases.start(18)
})
afterAll(() => databases[Symbol.asyncDispose]())

/** What many write first, and some tools are: it knows an applied migration by its name. */
async function naiveUp(pool: pg.Pool, migrations: readonly Migration[]): Promise<void> {
  await pool.query('create table if not exists done (name text primary key)')
  const { rows } = await pool.query<{ name: string }>('select name from done')
  const done = new Set(rows.map(({ name }) => name))
  for (const { name, up: script } of migrations) {
    if (done.has(name)) continue
    await pool.query(`begin; ${script.text}; insert into done values ('${name}'); commit`)
  }
}

const notes = 'create table notes (n int)'
const tampered = 'create table notes (n int, m text not null)'
const reader = 'create table readers (n int)'

test('an applied migration that was tampered with: comparing names runs on without a word, up refuses', async () => {
  const naive = await databases.pool()
  await naiveUp(naive, numbered(notes))
  await naiveUp(naive, numbered(tampered, reader))
  // it went on, on a schema that no file describes
  expect(await tablesOf(naive)).toEqual(['done', 'notes', 'readers'])
  await expect(naive.query('select m from notes')).rejects.toMatchObject({ code: '42703' })

  const pool = await databases.pool()
  await up(pool, numbered(notes))
  expect(await codesOf(up(pool, numbered(tampered, reader)))).toEqual(['MIGRATE_CHECKSUM_CHANGED'])
  expect((await verify(pool, numbered(tampered, reader))).map(({ code }) => code)).toContain(
    'MIGRATE_CHECKSUM_CHANGED',
  )
  expect(await tablesOf(pool)).toEqual(['notes'])
})
