import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Databases } from '../database.testkit.ts'
import { lint } from '../lint.ts'
import { embedMigrations } from '../source/embed-migrations.ts'
import { lockModeOf, lockModes, type LockMode } from './lock-mode.ts'

/** What each statement is said to do is compared with what the server does: the locks it holds, and whether the file changes. */
const statements = [
  'alter table t add column m int',
  `alter table t add column m text not null default 'x'`,
  'alter table t add column m timestamptz default now()',
  'alter table t add column m uuid default gen_random_uuid()',
  'alter table t add column m double precision default random() + 1',
  'alter table t add column m bigserial',
  'alter table t add column m bigint generated always as identity',
  'alter table t add column m int generated always as (n + 1) stored',
  'alter table t add column m int references u',
  'alter table t add column m int unique',
  'alter table t add column m int check (m > 0)',
  'alter table t alter column n type bigint',
  'alter table t alter column v type varchar(20)',
  'alter table t alter column v type varchar(5)',
  'alter table t alter column v type text',
  'alter table t alter column x type varchar',
  'alter table t alter column x type varchar(9)',
  'alter table t alter column d type numeric(12, 2)',
  'alter table t alter column d type numeric(12, 3)',
  'alter table t alter column d type numeric',
  'alter table t alter column n type bigint using n + 1',
  'alter table t alter column n set not null',
  'alter table t alter column n drop not null',
  'alter table t alter column n set default 7',
  'alter table t alter column n set statistics 500',
  'alter table t add constraint c check (n > 0)',
  'alter table t add constraint c check (n > 0) not valid',
  'alter table t add constraint c foreign key (n) references u',
  'alter table t add constraint c foreign key (n) references u not valid',
  'alter table t add constraint c unique (n)',
  'alter table t add constraint c unique using index t_n',
  'alter table t validate constraint unproven',
  'alter table t drop column n',
  'alter table t drop constraint unproven',
  'alter table t rename column n to o',
  'alter table t rename to s',
  'alter table t set (fillfactor = 70)',
  'alter table t set unlogged',
  'alter table t cluster on t_n',
  'alter table t enable row level security',
  'alter table t disable trigger all',
  'alter table t owner to postgres',
  'alter table t replica identity full',
  'create index i on t (n)',
  'drop index t_n',
  'reindex table t',
  'cluster t using t_n',
  'truncate t',
  'drop table t',
  'lock table t in share mode',
  'create trigger g before insert on t for each row execute function noop()',
  'create policy p on t',
  'create table w (t_id int references u)',
  'update t set n = 2',
  'delete from t where n = 1',
]

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  test('each statement takes the locks it is said to take, and rewrites when it is said to', async () => {
    const pool = await databases.pool()
    await pool.query(`create table u (id int primary key); insert into u values (1);
create table t (n int, v varchar(10), x text, d numeric(10, 2)); insert into t values (1, 'a', 'a', 1); create unique index t_n on t (n);
alter table t add constraint unproven check (n < 100) not valid;
create function noop() returns trigger language plpgsql as $$ begin return new; end $$; analyze`)
    const client = await pool.connect()
    const wrong: string[] = []
    for (const sql of statements) {
      const { statements: linted } = await lint(embedMigrations({ '1_a.sql': sql }), { connection: pool })
      const effects = linted.flatMap((each) => each.effects)
      // OIDs before, since the statement may rename or drop
      const oids = (
        await client.query<{ t: number; i: number; u: number; file: number }>(
          `select 't'::regclass::oid::int as t, 'u'::regclass::oid::int as u, 't_n'::regclass::oid::int as i, pg_relation_filenode('t') as file`,
        )
      ).rows[0]
      await client.query('begin')
      await client.query(sql)
      const held = await client.query<{ relation: number; mode: string }>(
        `select relation::int, mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation' and granted`,
      )
      const file = (
        await client.query<{ file: number }>('select pg_relation_filenode($1::int::regclass) as file', [
          oids?.t,
        ])
      ).rows[0]?.file
      await client.query('rollback')
      for (const [name, oid] of [
        ['t', oids?.t],
        ['u', oids?.u],
      ] as const) {
        // who plans a query of a table locks each of its indexes, so a lock on an index is one on the table
        const real = strongest(
          held.rows
            .filter(({ relation }) => relation === oid || (name === 't' && relation === oids?.i))
            .map(({ mode }) => lockModeOf(mode)),
        )
        const said = strongest(
          effects
            .filter(({ relation }) => [`"${name}"`, ...(name === 't' ? ['"t_n"'] : [])].includes(relation))
            .map(({ lock }) => lock),
        )
        // reading a table to check another one needs no more than every query does
        if (real !== said && !(said === undefined && isWeak(real)))
          wrong.push(`${sql}: ${name} ${real}, said ${said}`)
      }
      const isTruncate = sql.startsWith('truncate') || sql.startsWith('drop table')
      const saysRewrite = effects.some((each) => each.rewrites && each.relation === '"t"')
      if (!isTruncate && (file !== oids?.file) !== saysRewrite)
        wrong.push(`${sql}: rewrite ${file !== oids?.file}, said ${saysRewrite}`)
    }
    client.release()
    expect(wrong).toEqual([])
  })

  test('SET NOT NULL reads no row when a constraint proves it', async () => {
    const pool = await databases.pool()
    await pool.query(
      `create table t ("n x" int); alter table t add constraint c check ("n x" is not null) not valid`,
    )
    const work = async () => {
      const report = await lint(
        embedMigrations({ '1_a.sql': 'alter table t alter column "n x" set not null' }),
        { connection: pool },
      )
      return report.statements[0]?.effects[0]?.work
    }
    expect(await work()).toBe('scan')
    await pool.query('alter table t validate constraint c')
    expect(await work()).toBe('catalogue')
  })
})

function strongest(modes: readonly (LockMode | undefined)[]): LockMode | undefined {
  return lockModes.findLast((mode) => modes.includes(mode))
}

function isWeak(mode: LockMode | undefined): boolean {
  return mode === undefined || mode === 'ACCESS SHARE' || mode === 'ROW SHARE'
}
