import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { expect, test } from 'vitest'
import { diffObjects } from './diff.ts'
import { declare, ObjectServer } from './server.testkit.ts'

const spec = {
  topology: { members: 3 },
  databases: { shop: { owner: 'app', schemas: ['sales'] }, other: { owner: 'app' } },
  roles: { app: { access: 'owner' }, boss: { access: 'admin' }, watcher: { access: 'monitor' } },
} as const

const own = ['pgherd_monitor', 'pgherd_pooler', 'pgherd_replication', 'pgherd_rewind']

test.each(majors)(
  'PostgreSQL %i: a cluster has its roles and functions, and a second look finds nothing',
  async (major) => {
    await using server = await ObjectServer.start(major)
    const declared = declare(major, spec as never)
    expect(
      declared.roles
        .filter(({ internal }) => internal)
        .map(({ secret }) => secret)
        .sort(),
    ).toEqual(own.map((role) => `role-${role}`))
    expect(diffObjects(declared, 'fresh', { major })).toEqual(await server.diff(declared))
    await server.up(declared)
    expect(await server.diff(declared)).toEqual({ changes: [], findings: [] })

    for (const role of own) {
      const database = role === 'pgherd_pooler' ? 'shop' : 'postgres'
      if (role === 'pgherd_replication') continue
      await using client = await server.login(role, database)
      expect((await client.query('select session_user::text as who')).rows).toEqual([{ who: role }])
    }

    await using rewind = await server.login('pgherd_rewind', 'postgres')
    for (const query of [
      "select * from pg_ls_dir('.', true, false)",
      "select * from pg_stat_file('PG_VERSION', true)",
      "select pg_read_binary_file('PG_VERSION')",
      "select pg_read_binary_file('PG_VERSION', 0, 1, true)",
    ])
      await rewind.query(query)
    await using watcher = await server.login('watcher', 'postgres')
    await expect(watcher.query("select pg_read_binary_file('PG_VERSION')")).rejects.toMatchObject({
      code: '42501',
    })

    await using pooler = await server.login('pgherd_pooler', 'shop')
    const ask = async (role: string) =>
      (
        await pooler.query<{ username: string; password: string }>(
          'select * from pgherd_pooler.get_auth($1)',
          [role],
        )
      ).rows
    expect(await ask('app')).toEqual([
      { username: 'app', password: expect.stringMatching(/^SCRAM-SHA-256\$/) as string },
    ])
    for (const role of ['postgres', ...own, 'nobody', '', "app' or true--"])
      expect(await ask(role)).toEqual([])
    await expect(pooler.query('select * from pg_authid')).rejects.toMatchObject({ code: '42501' })
    for (const role of ['app', 'boss', 'watcher', 'pgherd_monitor']) {
      await using client = await server.login(role, 'shop')
      await expect(client.query("select pgherd_pooler.get_auth('app')")).rejects.toMatchObject({
        code: '42501',
      })
    }
  },
)

test('what somebody did to the function of the pooler is put back', async () => {
  await using server = await ObjectServer.start(15)
  const declared = declare(15, spec as never)
  await server.up(declared)
  const [shop, other] = [await server.admin('shop'), await server.admin('other')]
  const body = "language sql security definer as 'select rolname::text, rolpassword from pg_authid'"
  await shop.query(
    `create or replace function pgherd_pooler.get_auth(text) returns table(username text, password text) ${body}`,
  )
  await shop.query('grant execute on function pgherd_pooler.get_auth(text) to public')
  await other.query('drop schema pgherd_pooler cascade')
  const admin = await server.admin()
  await admin.query('revoke execute on function pg_ls_dir(text, boolean, boolean) from pgherd_rewind')
  await admin.query("alter role pgherd_pooler password 'another'")
  const { changes } = await server.diff(declared, declared)
  expect(changes.map(({ cause, title }) => `${cause}: ${title}`)).toEqual([
    'drift: set the password of role "pgherd_pooler"',
    'drift: grant EXECUTE to "pgherd_rewind" on function pg_catalog.pg_ls_dir(text,boolean,boolean) of database "postgres"',
    'drift: replace function pgherd_pooler.get_auth(text) in database "shop"',
    'drift: revoke EXECUTE from PUBLIC on function pgherd_pooler.get_auth(text) of database "shop"',
    'repair: create schema "pgherd_pooler" in database "other"',
    'create: grant USAGE to "pgherd_pooler" on schema "pgherd_pooler" of database "other"',
    'repair: create function pgherd_pooler.get_auth(text) in database "other"',
    'create: revoke EXECUTE from PUBLIC on function pgherd_pooler.get_auth(text) of database "other"',
    'create: grant EXECUTE to "pgherd_pooler" on function pgherd_pooler.get_auth(text) of database "other"',
  ])
  await server.up(declared, declared)
  await using pooler = await server.login('pgherd_pooler', 'shop')
  expect((await pooler.query("select * from pgherd_pooler.get_auth('postgres')")).rows).toEqual([])
})

test('a role that is declared later is found by the pooler, one that is taken out is not', async () => {
  await using server = await ObjectServer.start(15)
  const first = declare(15, spec as never)
  await server.up(first)
  const { app, boss } = spec.roles
  const second = declare(15, { ...spec, roles: { app, boss, late: { access: 'readonly' } } } as never)
  await server.up(second, first)
  await using pooler = await server.login('pgherd_pooler', 'other')
  const found = async (role: string) =>
    (await pooler.query('select * from pgherd_pooler.get_auth($1)', [role])).rows.length
  expect([await found('late'), await found('boss'), await found('watcher')]).toEqual([1, 1, 0])
})
