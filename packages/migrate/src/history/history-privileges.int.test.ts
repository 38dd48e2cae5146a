import { afterAll, beforeAll, expect, test } from 'vitest'
import { Databases, numbered } from '../database.testkit.ts'
import { status, up } from '../index.ts'

let databases: Databases
beforeAll(async () => {
  databases = await Databases.start(18)
})
afterAll(() => databases[Symbol.asyncDispose]())

test('who may write all tables by default privileges can read the history and not write it', async () => {
  const pool = await databases.pool()
  await pool.query(`create role "The App" login; create role reports login;
    alter default privileges grant all on tables to "The App", public; alter default privileges grant select on tables to reports;
    alter default privileges grant usage on schemas to "The App", reports`)
  await up(pool, numbered('create table a (id int)'))
  const client = await pool.connect()
  await client.query('set role "The App"')
  for (const text of [
    `update pgherd_migrate.history set state = 'undone'`,
    'delete from pgherd_migrate.history',
    'truncate pgherd_migrate.history',
    `insert into pgherd_migrate.history (version) values (2)`,
  ])
    await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' })
  // an application that waits until its schema is there asks for no more than reading
  expect((await status(client, numbered('create table a (id int)'))).migrations).toMatchObject([
    { state: 'applied' },
  ])
  await client.query('insert into a values (1)')
  await client.query('reset role')
  client.release()
  // what somebody grants later stays
  await pool.query('grant insert on pgherd_migrate.history to reports')
  await up(pool, numbered('create table a (id int)', 'create table b ()'))
  const { rows } = await pool.query(
    `select has_table_privilege('reports', 'pgherd_migrate.history', 'insert') as may`,
  )
  expect(rows).toEqual([{ may: true }])
})
