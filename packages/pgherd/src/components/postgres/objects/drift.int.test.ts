import { majors } from '@pgherd/testbed/postgres-programs.ts'
import { expect, test } from 'vitest'
import { declare, ObjectServer } from './server.testkit.ts'

const spec = {
  databases: {
    shop: { owner: 'app', schemas: ['sales'], extensions: ['pg_trgm'], settings: { work_mem: '8MB' } },
    other: { owner: 'app' },
  },
  roles: {
    app: { access: 'owner', settings: { statement_timeout: '30s' } },
    writer: {
      access: 'readwrite',
      databases: ['shop'],
      connectionLimit: 7,
      validUntil: '2040-01-01T00:00:00Z',
    },
    reader: { access: 'readonly' },
    boss: { access: 'admin' },
    watcher: { access: 'monitor' },
  },
} as const

/** One change by hand per line, and the id of the change that undoes it. */
const healed: readonly [database: string, byHand: string, id: string][] = [
  ['shop', 'alter role writer superuser', 'role/writer/superuser'],
  ['shop', 'alter role reader createdb createrole', 'role/reader/createDatabase role/reader/createRole'],
  ['shop', 'alter role app nologin', 'role/app/login'],
  ['shop', 'alter role boss noinherit', 'role/boss/inherit'],
  [
    'shop',
    'alter role pgherd_monitor replication bypassrls',
    'role/pgherd_monitor/replication role/pgherd_monitor/bypassRowSecurity',
  ],
  ['shop', 'alter role writer connection limit 3', 'role/writer/connectionLimit'],
  ['shop', "alter role writer valid until '2030-01-01'", 'role/writer/validUntil'],
  ['shop', "alter role writer valid until 'infinity'", 'role/writer/validUntil'],
  ['shop', "alter role reader valid until '2030-01-01'", 'role/reader/validUntil'],
  ['shop', "alter role writer password 'by hand'", 'role/writer/password'],
  ['shop', 'alter role writer password null', 'role/writer/password'],
  ['shop', "alter role pgherd_replication password 'by hand'", 'role/pgherd_replication/password'],
  ['shop', "alter role app set statement_timeout = '1h'", 'role/app/settings/statement_timeout'],
  ['shop', 'alter role app reset statement_timeout', 'role/app/settings/statement_timeout'],
  ['shop', "alter database shop set work_mem = '1GB'", 'database/shop/settings/work_mem'],
  ['shop', 'alter database shop owner to boss', 'database/shop/owner'],
  ['postgres', 'alter database other owner to writer', 'database/other/owner'],
  ['shop', 'alter database shop connection limit 1', 'database/shop/connectionLimit'],
  ['postgres', 'alter database other allow_connections false', 'database/other/allowConnections'],
  ['shop', 'grant connect, temporary on database shop to public', 'database/shop/grants'],
  [
    'shop',
    'grant connect on database template1, postgres to public',
    'database/template1/grants database/postgres/grants',
  ],
  ['shop', 'revoke connect on database shop from reader', 'database/shop/grants'],
  ['shop', 'revoke pg_monitor from watcher', 'role/watcher/memberships/pg_monitor'],
  ['shop', 'revoke app from boss', 'role/boss/memberships/app'],
  ['shop', 'grant create on schema public to public', 'database/shop/schema/public/grants'],
  ['shop', 'alter schema sales owner to writer', 'database/shop/schema/sales'],
  ['shop', 'alter schema public owner to writer', 'database/shop/schema/public'],
  ['shop', 'drop schema sales cascade', 'database/shop/schema/sales database/shop/schema/sales/grants'],
  ['shop', 'revoke usage on schema sales from reader', 'database/shop/schema/sales/grants'],
  ['shop', 'drop extension pg_trgm', 'database/shop/extension/pg_trgm'],
  ['shop', 'revoke select on t from reader', 'database/shop/relations/missing'],
  [
    'shop',
    'alter default privileges for role app revoke select on tables from reader',
    'database/shop/defaults/restore',
  ],
  [
    'shop',
    "create or replace function pgherd.simple_health_check() returns table(status text, checked_at timestamp with time zone, message text) language sql as $$select 'healthy', now(), 'fine'$$",
    'database/shop/function/simple_health_check',
  ],
  [
    'shop',
    'alter function pgherd.detailed_health_check() security definer',
    'database/shop/function/detailed_health_check',
  ],
  [
    'shop',
    'alter function pgherd.detailed_health_check() owner to writer',
    'database/shop/function/detailed_health_check',
  ],
  [
    'shop',
    'drop function pgherd.get_database_metrics()',
    'database/shop/function/get_database_metrics database/shop/function/get_database_metrics/grants',
  ],
  [
    'shop',
    'drop function pgherd.get_database_metrics(); create function pgherd.get_database_metrics() returns int language sql as $$select 1$$',
    'database/shop/function/get_database_metrics',
  ],
  [
    'shop',
    'grant execute on function pgherd.simple_health_check() to public',
    'database/shop/function/simple_health_check/grants',
  ],
  ['shop', 'drop schema pgherd cascade', 'database/shop/schema/pgherd'],
  ['postgres', 'drop owned by reader; drop role reader', 'role/reader'],
  ['postgres', 'drop database other', 'database/other'],
]

/** One change by hand per line that no plan undoes, its code, and a part of the detail that names it. */
const reported: readonly [database: string, byHand: string, code: string, named: string, undo: string][] = [
  [
    'shop',
    'create role stranger login superuser',
    'DRIFT_UNDECLARED_ROLE',
    'role "stranger", a superuser was made by hand',
    'drop role stranger',
  ],
  [
    'shop',
    'create role powers nologin createrole',
    'DRIFT_UNDECLARED_ROLE',
    'role "powers"',
    'drop role powers',
  ],
  [
    'postgres',
    'create database loot',
    'DRIFT_UNDECLARED_DATABASE',
    'DROP DATABASE "loot"',
    'drop database loot',
  ],
  [
    'shop',
    'create extension hstore schema public',
    'DRIFT_UNDECLARED_EXTENSION',
    'databases.shop.extensions',
    'drop extension hstore',
  ],
  [
    'shop',
    'grant pg_read_all_data to reader',
    'DRIFT_UNDECLARED_MEMBERSHIP',
    'REVOKE "pg_read_all_data" FROM "reader"',
    'revoke pg_read_all_data from reader',
  ],
  [
    'shop',
    'grant app to boss with admin option',
    'DRIFT_UNDECLARED_MEMBERSHIP',
    'REVOKE ADMIN OPTION FOR "app" FROM "boss"',
    'revoke admin option for app from boss',
  ],
  [
    'shop',
    "alter role reader set work_mem = '1GB'",
    'DRIFT_UNDECLARED_SETTING',
    'roles.reader.settings.work_mem',
    'alter role reader reset work_mem',
  ],
  [
    'shop',
    "alter role reader in database shop set work_mem = '1GB'",
    'DRIFT_UNDECLARED_SETTING',
    'IN DATABASE "shop" RESET "work_mem"',
    'alter role reader in database shop reset all',
  ],
  [
    'shop',
    "alter role all set work_mem = '1GB'",
    'DRIFT_UNDECLARED_SETTING',
    'ALTER ROLE ALL RESET "work_mem"',
    'alter role all reset all',
  ],
  [
    'shop',
    "alter database shop set jit = 'off'",
    'DRIFT_UNDECLARED_SETTING',
    'databases.shop.settings.jit',
    'alter database shop reset jit',
  ],
  [
    'shop',
    'grant create on database shop to writer',
    'DRIFT_UNDECLARED_GRANT',
    'REVOKE CREATE ON DATABASE "shop" FROM "writer"',
    'revoke create on database shop from writer',
  ],
  [
    'shop',
    'grant create on schema sales to writer',
    'DRIFT_UNDECLARED_GRANT',
    'REVOKE CREATE ON SCHEMA "sales" FROM "writer"',
    'revoke create on schema sales from writer',
  ],
  [
    'shop',
    'grant insert, delete on t to reader',
    'DRIFT_UNDECLARED_GRANT',
    'may DELETE, INSERT on 1 table ("public.t")',
    'revoke insert, delete on t from reader',
  ],
  [
    'shop',
    'grant select on t to watcher',
    'DRIFT_UNDECLARED_GRANT',
    'may SELECT on 1 table',
    'revoke select on t from watcher',
  ],
  [
    'shop',
    'alter default privileges for role app grant delete on tables to reader',
    'DRIFT_UNDECLARED_GRANT',
    'tables that role "app" makes later',
    'alter default privileges for role app revoke delete on tables from reader',
  ],
  [
    'shop',
    'alter default privileges for role app in schema sales grant delete on tables to reader',
    'DRIFT_UNDECLARED_GRANT',
    'IN SCHEMA "sales" REVOKE DELETE',
    'alter default privileges for role app in schema sales revoke delete on tables from reader',
  ],
  [
    'shop',
    "update pg_extension set extversion = '0.1' where extname = 'pg_trgm'",
    'EXTENSION_OUTDATED',
    'ALTER EXTENSION "pg_trgm" UPDATE',
    "update pg_extension set extversion = (select default_version from pg_available_extensions where name = 'pg_trgm') where extname = 'pg_trgm'",
  ],
  [
    'postgres',
    "update pg_database set datconnlimit = -2 where datname = 'other'",
    'DATABASE_INVALID',
    'database "other"',
    "update pg_database set datconnlimit = -1 where datname = 'other'",
  ],
]

test.each(majors)(
  'PostgreSQL %i: each change by hand is undone or reported, and nothing is lost',
  async (major) => {
    await using server = await ObjectServer.start(major)
    const declared = declare(major, spec as never)
    await server.up(declared)
    {
      await using app = await server.login('app', 'shop')
      await app.query('create table public.t as select 1 as i; create table sales.gone as select 2 as i')
    }
    for (const [database, byHand, ids] of healed) {
      if (database === 'postgres') await server.close() // a database with sessions cannot be dropped
      const admin = await server.admin(database)
      if (byHand.startsWith('drop owned by'))
        for (const name of ['shop', 'other']) await (await server.admin(name)).query('drop owned by reader')
      await admin.query('set search_path = public')
      for (const statement of byHand.includes('$$') ? [byHand] : byHand.split(';'))
        await admin.query(statement)
      await admin.query('set search_path = pg_catalog')
      const { changes } = await server.diff(declared, declared)
      const found = changes.map(({ id }) => id)
      for (const id of ids.split(' '))
        expect([byHand, found]).toEqual([
          byHand,
          expect.arrayContaining([expect.stringMatching(new RegExp(`^${id}`))]),
        ])
      const causes = new Set(changes.map(({ cause }) => cause))
      const isGone = byHand.startsWith('drop') && !byHand.includes('create')
      expect([byHand, isGone ? causes.has('repair') : [...causes]]).toEqual([
        byHand,
        isGone ? true : ['drift'],
      ])
      await server.apply(changes)
      const again = await server.diff(declared, declared)
      expect([byHand, again]).toEqual([byHand, { changes: [], findings: [] }])
    }
    const { rows } = await (await server.admin('shop')).query('select i from public.t')
    expect(rows).toEqual([{ i: 1 }])

    for (const [database, byHand, code, named, undo] of reported) {
      const admin = await server.admin(database)
      await admin.query('set search_path = public')
      await admin.query(byHand)
      await admin.query('set search_path = pg_catalog')
      const { changes, findings } = await server.diff(declared, declared)
      expect([byHand, changes]).toEqual([byHand, []])
      expect([byHand, findings.map((finding) => finding.code)]).toEqual([byHand, [code]])
      expect(findings[0]?.detail).toContain(named)
      await admin.query('set search_path = public')
      await admin.query(undo)
      await admin.query('set search_path = pg_catalog')
    }
    expect(await server.diff(declared, declared)).toEqual({ changes: [], findings: [] })
  },
)

test('what is taken out of the spec is reported, never dropped', async () => {
  await using server = await ObjectServer.start(18)
  const before = declare(18, spec as never)
  await server.up(before)
  const after = declare(18, {
    databases: { shop: { owner: 'app' } },
    roles: { app: { access: 'owner' } },
  } as never)
  const { changes, findings } = await server.up(after, before)
  expect(
    changes
      .flatMap(({ statements }) => statements.map(({ text }) => text))
      .filter((text) => /\bdrop\b/i.test(text)),
  ).toEqual([])
  // settings and privileges pgherd gave for what is still declared are taken back
  expect(changes.map(({ id, cause }) => [id, cause])).toEqual([
    ['role/app/settings/statement_timeout', 'change'],
    ['database/shop/settings/work_mem', 'change'],
    ['database/shop/defaults/revoke', 'change'],
  ])
  expect(findings.map(({ code, at }) => `${code} ${at.path ?? ''}`)).toEqual([
    'DRIFT_UNDECLARED_ROLE roles.boss',
    'DRIFT_UNDECLARED_ROLE roles.reader',
    'DRIFT_UNDECLARED_ROLE roles.watcher',
    'DRIFT_UNDECLARED_ROLE roles.writer',
    'DRIFT_UNDECLARED_DATABASE databases.other',
    'DRIFT_UNDECLARED_MEMBERSHIP roles.boss.access',
    'DRIFT_UNDECLARED_EXTENSION databases.shop.extensions',
  ])
  expect(findings[0]?.detail).toContain('taken out of the spec')
})

test('encoding and locale of an existing database cannot be changed in place', async () => {
  await using server = await ObjectServer.start(17)
  const shop = (more: object) =>
    declare(17, {
      databases: { shop: { owner: 'app', ...more } },
      roles: { app: { access: 'owner' } },
    } as never)
  await server.up(shop({}))
  const { changes, findings } = await server.diff(shop({ encoding: 'LATIN1', locale: 'C' }), shop({}))
  expect(changes).toEqual([])
  expect(findings.map(({ code, at, mend }) => ({ code, at, mend }))).toEqual([
    {
      code: 'DATABASE_IMMUTABLE_PROPERTY',
      at: { path: 'databases.shop.encoding' },
      mend: { kind: 'edit', path: 'databases.shop.encoding', to: 'UTF8' },
    },
    {
      code: 'DATABASE_IMMUTABLE_PROPERTY',
      at: { path: 'databases.shop.locale' },
      mend: { kind: 'advice', text: expect.stringContaining('leave out databases.shop.locale') },
    },
  ])
  expect(await server.diff(shop({ encoding: 'utf-8' }), shop({}))).toEqual({ changes: [], findings: [] })
})

test('an extension the binaries lack is a finding, not a change that fails', async () => {
  await using server = await ObjectServer.start(18)
  const declared = declare(18, {
    databases: { shop: { owner: 'app', extensions: ['timescaledb'] } },
    roles: { app: { access: 'owner' } },
  } as never)
  await server.apply((await server.diff(declared)).changes)
  const { changes, findings } = await server.diff(declared, declared)
  expect(changes).toEqual([])
  expect(findings.map(({ code, at }) => ({ code, at }))).toEqual([
    { code: 'EXTENSION_UNAVAILABLE', at: { path: 'databases.shop.extensions' } },
  ])
})
