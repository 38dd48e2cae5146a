import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSchema } from './schema-of.ts'

interface Step {
  id: string
  impact: string
  cause: string
}

describe('a first up, with proof', () => {
  let herd: Herd
  let first: Record<string, unknown>

  beforeAll(async () => {
    herd = await Herd.create()
    const run = await herd.run('up', '--yes', '--json')
    expect(run.stderr + (run.code === 0 ? '' : run.stdout)).toBe('')
    first = run.json()
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('ends with a proven backup and says how long its recovery takes', () => {
    expectSchema('cli/up', first)
    expect(first).toMatchObject({ ok: true, proof: { ok: true, verdict: 'proven' }, failedProof: null })
    const { rtoSeconds, rpoSeconds } = first['proof'] as { rtoSeconds: number; rpoSeconds: number }
    expect(rtoSeconds).toBeGreaterThan(0)
    expect(rpoSeconds).toBeGreaterThanOrEqual(0)
    expect(rpoSeconds).toBeLessThan(30)
  })

  test('a second up changes nothing, and the plan is empty', async () => {
    const plan = (await herd.run('plan', '--json')).json<{ steps: Step[] }>()
    expectSchema('cli/plan', plan)
    expect(plan.steps).toEqual([])
    const again = (await herd.run('up', '--yes', '--json')).json<{ steps: Step[] }>()
    expect(again.steps).toEqual([])
  })

  test('status says healthy, with the proof', async () => {
    const status = await eventually('a healthy status', async () => {
      const run = await herd.run('status', '--json')
      const document = run.json<{ healthy: boolean; members: unknown[]; proof: unknown }>()
      return document.healthy ? document : undefined
    })
    expectSchema('status', status)
    expect(status).toMatchObject({ members: [{ role: 'primary', timeline: 1 }], proof: { ok: true } })
  })

  test('each role connects with verify-full, and does what it may and no more', async () => {
    await herd.query('app', 'create table note (id int primary key, body text)')
    await herd.query('app', "insert into note values (1, 'first')")
    expect((await herd.query('reader', 'select body from note')).rows).toEqual([{ body: 'first' }])
    await expect(herd.query('reader', 'delete from note')).rejects.toMatchObject({ code: '42501' })
    await expect(herd.query('watcher', 'select body from note')).rejects.toMatchObject({ code: '42501' })
    expect((await herd.query('watcher', 'select status from pgherd.simple_health_check()')).rows).toEqual([
      { status: 'healthy' },
    ])
  })

  test('psql verifies the server and says so', async () => {
    const run = await herd.run(
      'psql',
      '--role',
      'app',
      '--',
      '--no-psqlrc',
      '-At',
      '-c',
      'select version from pg_stat_ssl where pid = pg_backend_pid()',
    )
    expect(run).toMatchObject({ code: 0, stdout: 'TLSv1.3\n' })
  })

  test('every promise of the spec is measured and holds', async () => {
    const run = await herd.run('verify', '--json')
    const document = run.json<{ ok: boolean; promises: { id: string; ok: boolean; measured: string }[] }>()
    expectSchema('cli/verify', document)
    expect(document.promises.filter(({ ok }) => !ok)).toEqual([])
    expect(document.promises.length).toBeGreaterThanOrEqual(13)
  })

  test('what other programs read is as published', async () => {
    for (const [schema, ...argv] of [
      ['cli/url', 'url', '--role', 'app'],
      ['cli/backup', 'backup'],
      ['cli/backup-list', 'backup', '--list'],
      ['cli/health', 'health'],
    ] as const)
      expectSchema(schema, (await herd.run(...argv, '--json')).json())
  })

  test('render writes every file and no secret', async () => {
    const out = join(herd.directory, 'rendered')
    const { files } = (await herd.run('render', '--out', out, '--json')).json<{ files: { path: string }[] }>()
    expect(files.map(({ path }) => path.split('/').at(-1)).sort()).toEqual([
      'agent.json',
      'pg_hba.conf',
      'pg_ident.conf',
      'postgresql.conf',
    ])
    const { url } = await herd.url('app')
    const password = new URL(url).password
    for (const { path } of files) expect(readFileSync(path, 'utf8')).not.toContain(password)
  })

  test('no secret is in a log, a process list or a world-readable file', async () => {
    const { url } = await herd.url('app')
    const password = decodeURIComponent(new URL(url).password)
    expect(password.length).toBeGreaterThan(20)
    expect(herd.logs()).not.toContain(password)
    expect(
      herd
        .processes()
        .map(({ command }) => command)
        .join('\n'),
    ).not.toContain(password)
    expect(statSync(join(herd.state, 'secrets')).mode & 0o077).toBe(0)
    const agent = await fetch(`http://127.0.0.1:${herd.ports.agent}/api/v1/status`)
    expect(await agent.text()).not.toContain(password)
  })

  test('bench reports figures against the targets', async () => {
    const run = await herd.run('bench', '--seconds', '2', '--clients', '2', '--scale', '1', '--json')
    const document = run.json<{ result: { tps: number; p50: number; p99: number; failed: number } }>()
    expectSchema('cli/bench', document)
    expect(document.result.failed).toBe(0)
    expect(document.result.tps).toBeGreaterThan(0)
    expect(document.result.p99).toBeGreaterThanOrEqual(document.result.p50)
    expect(await herd.admin("select count(*) from pg_database where datname = 'pgherd_bench'")).toBe('0')
  })

  test('a dry run of backup, prove and down says what would be done, and does nothing', async () => {
    const list = async () => (await herd.run('backup', '--list', '--json')).json()
    const before = { list: await list(), processes: herd.processes() }
    const titles: string[] = []
    for (const verb of ['backup', 'prove', 'down']) {
      const run = await herd.run(verb, '--dry-run', '--json')
      expectSchema('cli/dry-run', run.json())
      const { plan } = run.json<{ plan: { operation: string; steps: { title: string }[] } }>()
      expect(plan.operation).toBe(verb)
      titles.push(plan.steps[0]?.title ?? '')
      expect((await herd.run(verb, '--dry-run')).stdout).toContain(`Plan for ${verb}`)
    }
    expect(titles).toEqual([
      expect.stringMatching(/^take a base backup of /),
      expect.stringMatching(/^restore backup \S+ into a throwaway server/),
      expect.stringMatching(/^stop .*postgres/),
    ])
    expect(await list()).toMatchObject({ backups: (before.list as { backups: unknown[] }).backups })
    expect(herd.processes().map(({ pid }) => pid)).toEqual(before.processes.map(({ pid }) => pid))
    const none = await herd.run('prove', '--backup', 'nosuch', '--dry-run', '--json')
    expect(none.json()).toMatchObject({ ok: false, diagnostics: [{ code: 'PROOF_NO_BACKUP' }] })
  })

  test('down stops everything, the data stays, up brings it back', async () => {
    const down = await herd.run('down', '--yes', '--json')
    expectSchema('cli/down', down.json())
    expect(herd.processes()).toEqual([])
    expect((await herd.run('status', '--json')).json()).toMatchObject({ healthy: false })
    await herd.up()
    expect((await herd.query('reader', 'select body from note')).rows).toEqual([{ body: 'first' }])
  })
})
