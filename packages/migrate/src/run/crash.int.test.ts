import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codesOf, Databases } from '../database.testkit.ts'
import { readMigrations } from '../source/read-migrations.ts'
import { history } from '../status.ts'
import { up } from '../up.ts'

const root = mkdtempSync(join(tmpdir(), 'migrate-crash-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Each migration makes two tables with work between them: seen from outside, there must never be one without the other. */
const count = 25
function folderOf(name: string): string {
  const folder = mkdtempSync(join(root, name))
  for (let index = 1; index <= count; index += 1)
    writeFileSync(
      join(folder, `${index}_m.sql`),
      `create table a${index} (n int);\nselect pg_sleep(0.02);\ncreate table b${index} (n int);`,
    )
  return folder
}

async function spawned(config: object, folder: string) {
  const runner = spawn(
    process.execPath,
    [join(import.meta.dirname, 'crash.fixture.ts'), JSON.stringify(config), folder],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const exited = once(runner, 'exit')
  await Promise.race([once(runner.stdout, 'data'), exited])
  return { runner, exited }
}

describe.each([15, 18] as const)('PostgreSQL %i', (major) => {
  let databases: Databases
  beforeAll(async () => {
    // fsync, since a killed server must find what it promised
    databases = await Databases.start(major, { fsync: 'on', full_page_writes: 'on' })
  })
  afterAll(() => databases[Symbol.asyncDispose]())

  async function stateOf(pool: Awaited<ReturnType<Databases['pool']>>) {
    const { rows } = await pool.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relname ~ '^[ab][0-9]+$'`,
    )
    const tables = new Set(rows.map(({ name }) => name))
    const applied = new Set(
      (await history(pool)).filter(({ state }) => state === 'applied').map(({ version }) => version),
    )
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
      const { runner, exited } = await spawned((pool as unknown as { options: object }).options, folder)
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
})
