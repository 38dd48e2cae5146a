import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Databases, numbered } from '../database.testkit.ts'
import { lint } from '../lint.ts'
import { up } from '../up.ts'

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  const large = `create table orders (id int, note text); insert into orders select n, repeat('x', 900) from generate_series(1, 40000) n; analyze orders`

  test('sizes decide how grave a finding is, and what it says', async () => {
    const pool = await databases.pool()
    await pool.query(`${large}; create table small (id int); insert into small values (1); analyze small`)
    const { findings } = await lint(numbered('create index on orders (id)', 'create index on small (id)'), {
      connection: pool,
    })
    expect(findings.map(({ code, severity, at }) => `${code} ${severity} ${at.version}`)).toEqual([
      'MIG01 warning 1',
      'MIG07 warning 1',
      'MIG01 info 2',
    ])
    expect(findings[0]?.detail).toMatch(/"orders" \(\d+ MB, 40000 rows\), for about \d+ (ms|s) here/)
  })

  test('a strong lock counts for as long as its transaction works after it', async () => {
    const pool = await databases.pool()
    await pool.query(large)
    const together = await lint(numbered('alter table orders add column m int; update orders set m = 1'), {
      connection: pool,
    })
    expect(together.findings.map(({ code, at }) => [code, at.line])).toContainEqual(['MIG07', 1])
    const apart = await lint(numbered('alter table orders add column m int', 'update orders set m = 1'), {
      connection: pool,
    })
    expect(apart.findings.map(({ code }) => code)).toEqual(['MIG08'])
  })

  test('who is in the way now', async () => {
    const pool = await databases.pool()
    await pool.query('create table orders (id int)')
    const reader = await pool.connect()
    await reader.query(`set application_name = 'report'; begin; select * from orders`)
    const { statements } = await lint(
      numbered('alter table orders add column m int', 'update orders set id = 1'),
      { connection: pool },
    )
    await reader.query('rollback')
    reader.release()
    expect(
      statements.map(({ effects }) =>
        effects.map(({ blockers }) => blockers.map(({ label, mode }) => [label, mode])),
      ),
    ).toEqual([[[[expect.stringContaining('application "report"'), 'ACCESS SHARE']]], [[]]])
  })

  test("only what is pending is looked at; tables that pending migrations make are nobody's", async () => {
    const pool = await databases.pool()
    const migrations = numbered(
      'create table a (n int)',
      'drop table a',
      'create table b (n int)',
      'create index on b (n)',
    )
    await up(pool, migrations, { to: 2 })
    expect(await lint(migrations, { connection: pool })).toEqual({
      statements: [],
      findings: [],
      allowed: [],
    })
  })

  test('partitions count together, an index stands for its table, user functions are asked for', async () => {
    const pool = await databases.pool()
    await pool.query(`create table p (n int, x text) partition by range (n);
create table p1 partition of p for values from (0) to (20000); create table p2 partition of p for values from (20000) to (50000);
insert into p select n, repeat('x', 500) from generate_series(1, 40000) n; create index p_n on p1 (n); analyze;
create function stable_one() returns int stable language sql return 1; create function volatile_one() returns int language sql return 1`)
    const { statements } = await lint(
      numbered(
        'alter table p add column m int default stable_one()',
        'alter table p add column o int default volatile_one()',
        'drop index p_n',
      ),
      { connection: pool },
    )
    expect(statements.map(({ effects }) => effects[0]?.rewrites)).toEqual([false, true, false])
    expect(statements[0]?.effects[0]?.bytes).toBeGreaterThan(20_000_000)
    expect(statements[0]?.effects[0]?.rows).toBeCloseTo(40_000, -2)
    expect(statements[2]?.effects[0]?.bytes).toBeLessThan(20_000_000)
  })
})
