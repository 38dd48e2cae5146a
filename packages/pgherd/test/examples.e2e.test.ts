import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exampleFile } from './example.fixture.ts'

/** The spec of an example as it is, but for its ports. */
const example = (name: string) => exampleFile(name, 'pgherd.yaml')

interface Verified {
  readonly ok: boolean
  readonly promises: readonly {
    readonly id: string
    readonly rows: readonly string[]
    readonly ok: boolean
  }[]
}

async function upAndProven(herd: Herd): Promise<void> {
  const run = await herd.run('up', '--yes', '--json')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(run.json()).toMatchObject({ ok: true, proof: { ok: true } })
}

async function everyPromise(herd: Herd): Promise<Verified> {
  const run = await herd.run('verify', '--json')
  const document = run.json<Verified>()
  expect(document.promises.filter(({ ok }) => !ok)).toEqual([])
  expect(run.code).toBe(0)
  return document
}

test('quickstart: up, proven, every promise holds, down', async () => {
  await using herd = await Herd.create({ specText: example('quickstart') })
  await upAndProven(herd)
  const { promises } = await everyPromise(herd)
  expect(promises.map(({ id }) => id)).toContain('backup-proven')
  expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
  await herd.query('app', 'create table note (id int)')
  expect((await herd.query('reporting', 'select count(*)::int as n from note')).rows).toEqual([{ n: 0 }])
  expect((await herd.run('down', '--yes')).code).toBe(0)
  await eventually('everything stopped', () => (herd.processes().length === 0 ? true : undefined))
})

describe('jeex', () => {
  let herd: Herd
  const values = async (...names: string[]) =>
    Object.fromEntries(
      (
        await herd.admin(
          `select name || '=' || current_setting(name) from pg_settings where name in (${names.map((name) => `'${name}'`).join()})`,
        )
      )
        .split('\n')
        .map((line) => line.split('=')),
    ) as Record<string, string>

  beforeAll(async () => {
    herd = await Herd.create({ specText: example('jeex') })
    await upAndProven(herd)
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('every promise that verify knows holds', async () => {
    const { promises } = await everyPromise(herd)
    const rows = new Set(promises.flatMap((each) => each.rows))
    for (const row of ['J1', 'J2', 'J3', 'J4', 'J5', 'J8', 'J9', 'J11']) expect([...rows]).toContain(row)
  })

  test('J1: PostgreSQL 18 with native UUIDv7 keys, in the order they were made', async () => {
    await herd.query(
      'jeex_owner',
      'create table project (id uuid primary key default uuidv7(), name text not null)',
    )
    const { rows } = await herd.query(
      'jeex_user',
      "insert into project (name) select 'p' || n from generate_series(1, 3) n returning id, uuid_extract_version(id) as version",
    )
    expect(rows.map((row: { version: number }) => row.version)).toEqual([7, 7, 7])
    const ids = rows.map((row: { id: string }) => row.id)
    expect(ids.toSorted()).toEqual(ids)
    expect(await herd.admin('show server_version_num')).toMatch(/^18/)
  })

  test('J2: each extension does what it is for', async () => {
    const one = async (text: string) =>
      Object.values((await herd.query('jeex_user', text)).rows[0] as object)[0] as unknown
    expect(await one('select uuid_generate_v4()::text')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
    expect(await one("select encode(digest('jeex', 'sha256'), 'hex')")).toBe(
      createHash('sha256').update('jeex').digest('hex'),
    )
    expect(await one("select pgp_sym_decrypt(pgp_sym_encrypt('secret', 'key'), 'key')")).toBe('secret')
    expect(await one("select similarity('project', 'projekt') > 0.4")).toBe(true)
    expect(
      await herd.admin(
        "select count(*) > 0 from pg_stat_statements where query like '%pgp_sym_encrypt%'",
        'jeex_idea',
      ),
    ).toBe('t')
  })

  test('J3: TLS 1.3 with SCRAM, nobody without, and idle sessions end after 15 minutes', async () => {
    for (const role of ['jeex_owner', 'jeex_user', 'jeex_admin', 'jeex_readonly', 'jeex_monitor']) {
      const { rows } = await herd.query(
        role,
        "select version, current_setting('idle_session_timeout') as idle from pg_stat_ssl where pid = pg_backend_pid()",
      )
      expect(rows, role).toEqual([{ version: 'TLSv1.3', idle: '15min' }])
    }
    expect(
      await herd.admin(
        "select count(*) from pg_authid where rolname like 'jeex%' and rolpassword not like 'SCRAM-SHA-256$%'",
      ),
    ).toBe('0')
    const { url } = await herd.url('jeex_user')
    const plain = new URL(url)
    plain.search = '?sslmode=disable'
    const client = new pg.Client({ connectionString: plain.href })
    await expect(client.connect()).rejects.toMatchObject({ code: '28000' })
  })

  test('J4: tuned to 1 GB, SSD and a web application', async () => {
    expect(
      await values(
        'shared_buffers',
        'effective_cache_size',
        'work_mem',
        'maintenance_work_mem',
        'random_page_cost',
        'jit',
        'log_min_duration_statement',
        'wal_level',
        'max_connections',
      ),
    ).toEqual({
      shared_buffers: '256MB',
      effective_cache_size: '512MB',
      work_mem: '4MB',
      maintenance_work_mem: '64MB',
      random_page_cost: '1.1',
      jit: 'off',
      log_min_duration_statement: '1s',
      wal_level: 'replica',
      max_connections: '46',
    })
  })

  test('J5: the application writes data and no more, maintenance maintains, reports read', async () => {
    await expect(herd.query('jeex_user', 'create table mine (id int)')).rejects.toMatchObject({
      code: '42501',
    })
    await expect(herd.query('jeex_user', 'alter table project add column x int')).rejects.toMatchObject({
      code: '42501',
    })
    expect((await herd.query('jeex_user', "update project set name = 'q' where name = 'p1'")).rowCount).toBe(
      1,
    )
    expect((await herd.query('jeex_readonly', 'select count(*)::int as n from project')).rows).toEqual([
      { n: 3 },
    ])
    await expect(herd.query('jeex_readonly', 'delete from project')).rejects.toMatchObject({ code: '25006' })
    await herd.query('jeex_admin', 'vacuum (analyze) project', [])
    await herd.query('jeex_admin', 'reindex table project')
    await expect(herd.query('jeex_monitor', 'select * from project')).rejects.toMatchObject({ code: '42501' })
    expect(await herd.admin("select bool_or(rolsuper) from pg_roles where rolname like 'jeex%'")).toBe('f')
  })

  test('J8: the health functions answer whom they are for', async () => {
    const { rows } = await herd.query('jeex_monitor', 'select status from pgherd.simple_health_check()')
    expect(rows).toEqual([{ status: 'healthy' }])
    const details = await herd.query('jeex_monitor', 'select * from pgherd.detailed_health_check()')
    expect(details.rows.length).toBeGreaterThan(3)
    const metrics = await herd.query('jeex_monitor', 'select * from pgherd.get_database_metrics()')
    expect(metrics.rows.length).toBeGreaterThan(10)
    await expect(herd.query('jeex_user', 'select pgherd.simple_health_check()')).rejects.toMatchObject({
      code: '42501',
    })
  })

  test('J9: so do the addresses of the agent', async () => {
    const get = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${herd.ports.agent}${path}`)
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    await eventually('health', async () => ((await get('/health')).status === 200 ? true : undefined))
    expect(await get('/health/database')).toMatchObject({ status: 200, body: { healthy: true } })
    const { status, body } = await get('/health/database/metrics')
    expect(status).toBe(200)
    expect((body['metrics'] as unknown[]).length).toBeGreaterThan(10)
  })

  test('J11: a mistake is undone to the moment before it', async () => {
    await sleep(50)
    const before = (await herd.query('jeex_user', 'select clock_timestamp() as now')).rows[0]?.now as Date
    await sleep(50)
    await herd.query('jeex_owner', 'drop table project')
    const run = await herd.run(
      'restore',
      '--to',
      before.toISOString(),
      '--in-place',
      '--name',
      'jeex',
      '--json',
    )
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expect((await herd.query('jeex_readonly', 'select count(*)::int as n from project')).rows).toEqual([
      { n: 3 },
    ])
    expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
  })

  test('J3, with the timeout shortened in a copy of the spec: an idle session really is ended', async () => {
    herd.writeSpecText(
      example('jeex')
        .replace('jeex_user: # the application', 'jeex_user:')
        .replace(/(access: readwrite[^]*?idle_session_timeout: )15min/, '$11s'),
    )
    await herd.up()
    const client = await herd.connect('jeex_user')
    const ended = new Promise<Error>((resolve) => client.once('error', resolve))
    const begun = performance.now()
    expect(await ended).toMatchObject({ code: '57P05' })
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})
