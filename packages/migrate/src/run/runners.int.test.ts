import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codesOf, Databases, numbered, tablesOf } from '../database.testkit.ts'
import { history } from '../status.ts'
import { up, type UpResult } from '../up.ts'

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    databases = await Databases.start(major)
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  async function fourAtOnce(migrations: ReturnType<typeof numbered>) {
    const pool = await databases.pool()
    const results = await Promise.all([1, 2, 3, 4].map(() => up(pool, migrations)))
    const did = results.flatMap(({ applied }: UpResult) => applied.map(({ version }) => version))
    return { pool, did }
  }

  test('four runners at once all succeed, and each migration is run once', async () => {
    const texts = Array.from({ length: 30 }, (_, index) => `create table t${index} ()`)
    const { pool, did } = await fourAtOnce(numbered(...texts))
    expect(did.toSorted((a, b) => Number(a) - Number(b))).toEqual(texts.map((_, index) => String(index + 1)))
    expect(await history(pool)).toHaveLength(30)
  })

  test('a runner that builds an index CONCURRENTLY does not wait for those who wait for it', async () => {
    const { pool, did } = await fourAtOnce(
      numbered(
        'create table t (n int); insert into t select generate_series(1, 30000)',
        '-- pgherd: no-transaction\ncreate index concurrently i on t (n)',
        '-- pgherd: no-transaction\ncreate index concurrently j on t (n)',
      ),
    )
    expect(did.toSorted()).toEqual(['1', '2', '3'])
    const { rows } = await pool.query(`select indisvalid from pg_index where indrelid = 't'::regclass`)
    expect(rows).toEqual([{ indisvalid: true }, { indisvalid: true }])
  })

  test('when nothing keeps two runners apart, the history does: the slower one goes on behind the faster', async () => {
    const pool = await databases.pool()
    const migrations = numbered('create table a ()', 'create table b ()', 'create table c ()')
    await up(pool, migrations, { to: 1 })
    const client = await pool.connect()
    // as through a pooler that gives the lock to another session: everybody gets it
    const query = (text: string) => {
      const all = text
        .replace(/pg_try_advisory_lock\([-0-9]+\)/, 'true')
        .replace(/pg_advisory_unlock\([-0-9]+\)/, 'true')
      return client.query(all)
    }
    let isFirst = true
    const late = {
      query: async (text: string) => {
        if (text.includes('create table b') && isFirst) {
          isFirst = false
          await up(pool, migrations)
        }
        return query(text)
      },
    }
    await up(late, migrations)
    client.release()
    expect(await tablesOf(pool)).toEqual(['a', 'b', 'c'])
    expect((await history(pool)).map(({ version, state }) => `${version} ${state}`)).toEqual([
      '1 applied',
      '2 applied',
      '3 applied',
    ])
  })

  test('a held lock is waited for, then told with who holds it', async () => {
    const pool = await databases.pool()
    const events: string[] = []
    const slow = up(pool, numbered('select pg_sleep(1)', 'create table a ()'))
    await sleep(200)
    expect(
      await codesOf(
        up(pool, numbered('select pg_sleep(1)', 'create table a ()'), {
          runnerWaitMs: 100,
          onEvent: ({ kind }) => events.push(kind),
        }),
      ),
    ).toEqual(['MIGRATE_LOCK_HELD'])
    expect(events).toContain('waiting-for-runner')
    expect((await slow).applied).toHaveLength(2)
  })

  test('a migration waits for a lock a moment only, lets others pass, and comes again', async () => {
    const pool = await databases.pool()
    await pool.query('create table t (n int)')
    const reader = await pool.connect()
    await reader.query('begin; select * from t')
    const waits: number[] = []
    const running = up(
      pool,
      numbered('create table a ()', 'alter table t add column m int', 'create table b ()'),
      {
        lockTimeoutMs: 100,
        firstPauseMs: 100,
        onEvent: (event) => event.kind === 'retrying' && waits.push(event.waitMs),
      },
    )
    // while it tries, others read: they wait behind it for lockTimeoutMs at most
    let longest = 0
    for (let reads = 0; reads < 10; reads += 1) {
      const began = performance.now()
      await pool.query('select * from t')
      longest = Math.max(longest, performance.now() - began)
      await sleep(50)
    }
    await reader.query('commit')
    reader.release()
    expect((await running).applied.map(({ version }) => version)).toEqual(['1', '2', '3'])
    expect(waits.length).toBeGreaterThan(0)
    expect(longest).toBeLessThan(1000)
    expect(await tablesOf(pool)).toEqual(['a', 'b', 't'])
  })

  test('when the lock never comes, it says so, and what came before is applied', async () => {
    const pool = await databases.pool()
    await pool.query('create table t (n int)')
    const reader = await pool.connect()
    await reader.query('begin; select * from t')
    const error = await codesOf(
      up(pool, numbered('create table a ()', 'alter table t add column m int'), {
        lockTimeoutMs: 20,
        firstPauseMs: 10,
        attempts: 3,
      }),
    )
    await reader.query('commit')
    reader.release()
    expect(error).toEqual(['MIGRATE_LOCK_TIMEOUT'])
    expect(await tablesOf(pool)).toEqual(['a', 't'])
    expect((await history(pool)).map(({ state }) => state)).toEqual(['applied', 'failed'])
  })

  test('a statement that takes too long is ended', async () => {
    const pool = await databases.pool()
    const error = await codesOf(
      up(pool, numbered('create table a (); select pg_sleep(5)'), { statementTimeoutMs: 100 }),
    )
    expect(error).toEqual(['MIGRATE_FAILED'])
    expect(await tablesOf(pool)).toEqual([])
  })
})
