import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTableMissing } from '../connection/server-error.ts'
import { codesOf, Databases, tablesOf } from '../database.testkit.ts'
import { down } from '../down.ts'
import { repair } from '../repair.ts'
import { readMigrations } from '../source/read-migrations.ts'
import { up } from '../up.ts'
import { verify } from '../verify.ts'

const root = mkdtempSync(join(tmpdir(), 'migrate-crash-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Each migration makes two tables with work between them: seen from outside, there must never be one without the other. */
const count = 25
function folderOf(name: string): string {
  const folder = mkdtempSync(join(root, name))
  for (let index = 1; index <= count; index += 1) {
    writeFileSync(
      join(folder, `${index}_m.sql`),
      `create table a${index} (n int);\nselect pg_sleep(0.02);\ncreate table b${index} (n int);`,
    )
    writeFileSync(
      join(folder, `${index}_m.down.sql`),
      `drop table b${index};\nselect pg_sleep(0.02);\ndrop table a${index};`,
    )
  }
  return folder
}

async function spawned(config: pg.ClientConfig, folder: string, direction: 'up' | 'down' = 'up') {
  const runner = spawn(
    process.execPath,
    [join(import.meta.dirname, 'crash.fixture.ts'), JSON.stringify(config), folder, direction],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const exited = once(runner, 'exit')
  // a runner that never came to the database would leave everything whole, and prove nothing
  const [said] = (await Promise.race([once(runner.stdout, 'data'), exited])) as unknown[]
  expect(String(said)).toContain('connected')
  return { runner, exited }
}

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    // fsync, since a killed server must find what it promised
    databases = await Databases.start(major, { fsync: 'on', full_page_writes: 'on' })
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  /** The options of a pool hide its password from JSON. */
  async function configOf(pool: pg.Pool) {
    const { rows } = await pool.query<{ name: string }>('select current_database() as name')
    return databases.server.config(rows[0]?.name)
  }

  /** In one snapshot: the server may still be at work for a client that is dead. */
  async function stateOf(pool: pg.Pool) {
    const { rows } = await pool
      .query<{ tables: string[]; applied: string[] }>(
        `select array(select relname::text from pg_class where relkind = 'r' and relname ~ '^[ab][0-9]+$') as tables,
array(select version::text from pgherd_migrate.history where state = 'applied') as applied`,
      )
      .catch((error: unknown) => {
        if (isTableMissing(error)) return { rows: [] }
        throw error
      })
    const tables = new Set(rows[0]?.tables)
    const applied = new Set(rows[0]?.applied)
    return Array.from({ length: count }, (_, index) => {
      const version = String(index + 1)
      return [tables.has(`a${version}`), tables.has(`b${version}`), applied.has(version)].map(Number).join('')
    })
  }

  test.each([150, 400])(
    'kill -9 of the runner after %i ms: each migration is whole or not there',
    async (ms) => {
      const pool = await databases.pool()
      const folder = folderOf('client-')
      const { runner, exited } = await spawned(await configOf(pool), folder)
      await sleep(ms)
      runner.kill('SIGKILL')
      await exited
      const seen = new Set(await stateOf(pool))
      expect([...seen].every((each) => each === '111' || each === '000')).toBe(true)
      // the server may still be at work for the dead client; the next runner waits for its lock and does the rest
      await up(pool, readMigrations(folder))
      expect(new Set(await stateOf(pool))).toEqual(new Set(['111']))
    },
  )

  test.each([150, 500])(
    'kill -9 of the server after %i ms: each migration is whole or not there',
    async (ms) => {
      const pool = await databases.pool()
      const folder = folderOf('server-')
      const running = codesOf(up(pool, readMigrations(folder)))
      await sleep(ms)
      await databases.server.halt('SIGKILL')
      expect(await running).toEqual(['MIGRATE_CONNECTION_LOST'])
      await databases.server.launch()
      const states = await stateOf(pool)
      expect(states.every((each) => each === '111' || each === '000')).toBe(true)
      // in order: never one without those before it
      expect(states.toSorted().toReversed()).toEqual(states)
      await up(pool, readMigrations(folder))
      expect(new Set(await stateOf(pool))).toEqual(new Set(['111']))
    },
  )

  // what differs between majors is tried above
  const victims = major === 18 ? ['the runner', 'the server'] : []

  test.each(victims)('kill -9 of %s during down: each is undone whole or still applied', async (victim) => {
    const pool = await databases.pool()
    const folder = folderOf('down-')
    await up(pool, readMigrations(folder))
    const { runner, exited } = await spawned(await configOf(pool), folder, 'down')
    await sleep(200)
    if (victim === 'the server') {
      await databases.server.halt('SIGKILL')
      await databases.server.launch()
    } else runner.kill('SIGKILL')
    await exited
    const states = await stateOf(pool)
    expect(states.every((each) => each === '111' || each === '000')).toBe(true)
    expect(states.toSorted().toReversed()).toEqual(states)
    await down(pool, readMigrations(folder), { to: 0 })
    expect(new Set(await stateOf(pool))).toEqual(new Set(['000']))
  })

  test.each(victims)(
    'kill -9 of %s in a script outside a transaction: it counts as unfinished until repair',
    async (victim) => {
      const pool = await databases.pool()
      const folder = mkdtempSync(join(root, 'outside-'))
      writeFileSync(
        join(folder, '1_m.sql'),
        `-- pgherd: no-transaction\ncreate table a (n int);\nselect pg_sleep(30);\ncreate table b (n int);`,
      )
      const { runner, exited } = await spawned(await configOf(pool), folder)
      // active ones alone: that which asked before has the same words, and is idle
      const sleeping = `from pg_stat_activity where query like '%pg_sleep(30)%' and state = 'active' and pid <> pg_backend_pid()`
      await until(pool, `select ${sleeping}`)
      if (victim === 'the server') {
        await databases.server.halt('SIGKILL')
        await databases.server.launch()
      } else {
        runner.kill('SIGKILL')
        // the server does not notice the death of its client while it sleeps for it
        await pool.query(`select pg_terminate_backend(pid, 5000) ${sleeping}`)
      }
      await exited
      const migrations = readMigrations(folder)
      expect(await codesOf(up(pool, migrations))).toEqual(['MIGRATE_PARTIAL'])
      expect((await verify(pool, migrations)).map(({ code }) => code)).toEqual(['MIGRATE_PARTIAL'])
      expect(await tablesOf(pool)).toEqual(['a'])
      await repair(pool, migrations, { kind: 'forget', version: 1 })
      await pool.query('drop table a')
      writeFileSync(
        join(folder, '1_m.sql'),
        `-- pgherd: no-transaction\ncreate table a (n int);\ncreate table b (n int);`,
      )
      expect((await up(pool, readMigrations(folder))).applied).toHaveLength(1)
      expect(await tablesOf(pool)).toEqual(['a', 'b'])
    },
  )
})

async function until(pool: pg.Pool, query: string): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if ((await pool.query(query)).rowCount) return
    await sleep(25)
  }
  throw new Error(`never came true: ${query}`)
}
