import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Herd, eventually, herdSpec } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSchema } from './schema-of.ts'

const count = async (herd: Herd) =>
  Number((await herd.query('app', 'select count(*)::int as n from event')).rows[0]?.n)

/** Waits until the archive has everything written so far. */
async function archived(herd: Herd): Promise<void> {
  const lsn = await herd.admin('select pg_current_wal_lsn()')
  await eventually('the archive', async () => {
    const behind = await herd.admin(
      `select coalesce(max(flush_lsn), '0/0') >= '${lsn}' from pg_stat_replication`,
    )
    return behind === 't' ? true : undefined
  })
}

describe('point-in-time recovery', () => {
  let herd: Herd
  beforeAll(async () => {
    herd = await Herd.create()
    const up = await herd.run('up', '--yes', '--json')
    expect(up.code).toBe(0)
    await herd.query('app', 'create table event (id int)')
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('a mistake is undone: in place, to the moment before it, and the old data is kept', async () => {
    await herd.query('app', 'insert into event select generate_series(1, 100)')
    await sleep(1100)
    const before = (await herd.query('app', 'select clock_timestamp() as now')).rows[0]?.now as Date
    await sleep(300)
    await herd.query('app', 'delete from event where id > 10')
    await archived(herd)
    const run = await herd.run(
      'restore',
      '--to',
      before.toISOString(),
      '--in-place',
      '--name',
      'test',
      '--json',
    )
    expect(run.stdout + run.stderr).toContain('"ok": true')
    expectSchema('cli/restore', run.json())
    expect(await count(herd)).toBe(100)
    const kept = readdirSync(herd.state).filter((name) => name.startsWith('data.before-restore-'))
    expect(kept).toHaveLength(1)
    const named = await eventually('status names what is kept', async () =>
      (await herd.run('status', '--json'))
        .json<{ findings: { code: string; detail: string }[] }>()
        .findings.find(({ code, detail }) => code === 'DATA_KEPT' && /takes up [\d.]+ MB/.test(detail)),
    )
    expect(named.detail).toContain(join(herd.state, kept[0] ?? ''))
    expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
  })

  test('a restore after a restore, to a named restore point on the new timeline', async () => {
    await herd.query('app', 'insert into event select generate_series(101, 150)')
    await herd.admin("select pg_create_restore_point('after 150')")
    await herd.query('app', 'truncate event')
    await archived(herd)
    const run = await herd.run('restore', '--to', 'point:after 150', '--in-place', '--name', 'test', '--json')
    expect(run.code, run.stdout).toBe(0)
    expect(await count(herd)).toBe(150)
    expect(await herd.admin('select timeline_id from pg_control_checkpoint()')).toBe('3')
  })

  test('latest, into a directory of its own, while the database goes on', async () => {
    await herd.query('app', 'insert into event values (151)')
    await archived(herd)
    const into = join(herd.directory, 'copy')
    const run = await herd.run('restore', '--to', 'latest', '--into', into, '--json')
    expect(run.code, run.stdout).toBe(0)
    expect(existsSync(join(into, 'PG_VERSION'))).toBe(true)
    expect(await count(herd)).toBe(151)
    expect((await herd.run('restore', '--into', into, '--json')).code).toBe(3)
  })

  test('the archive goes on after restores: a new backup is proven', async () => {
    expect((await herd.run('backup', '--json')).code).toBe(0)
    const proof = await herd.run('prove', '--json')
    expectSchema('cli/prove', proof.json())
    expect(proof.json()).toMatchObject({ ok: true })
  })

  test.each([
    ['2026-11-21 10:00:00', 'RESTORE_TIME_AMBIGUOUS'],
    ['1999-01-01T00:00:00Z', 'RESTORE_OUTSIDE_WINDOW'],
    ['2999-01-01T00:00:00Z', 'RESTORE_OUTSIDE_WINDOW'],
  ])('a target that cannot be reached is refused before anything is touched: %s', async (target, code) => {
    const before = await count(herd)
    const run = await herd.run('restore', '--to', target, '--in-place', '--name', 'test', '--json')
    expect(run.json()).toMatchObject({ ok: false, diagnostics: [{ code }] })
    expect(await count(herd)).toBe(before)
  })

  test('a lost data directory is brought back by what up advises, and then up goes on', async () => {
    const before = await count(herd)
    await archived(herd)
    rmSync(join(herd.state, 'data'), { recursive: true, force: true, maxRetries: 5 })
    const refused = await herd.run('up', '--yes', '--no-prove', '--json')
    const [finding] = refused.json<{ diagnostics: { code: string; mend: { argv: string[] } }[] }>()
      .diagnostics
    expect(finding).toMatchObject({ code: 'DATA_DIRECTORY_MISSING', mend: { kind: 'run' } })
    const [, ...advised] = finding?.mend.argv ?? []
    const run = await herd.run(...advised, '--name', 'test', '--json')
    expect(run.code, run.stdout + run.stderr).toBe(0)
    expectSchema('cli/restore', run.json())
    expect(run.json()).not.toHaveProperty('keptAs')
    expect(await count(herd)).toBe(before)
    await herd.up()
    expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
  })

  test('with an RPO of 0 commits wait for the archive, and a proof misses none that was answered', async () => {
    herd.writeSpec(`${herdSpec}backups: { synchronous: true, objectives: { rpo: 0s } }\n`)
    await herd.up()
    await eventually('the archive is a synchronous standby', async () =>
      (await herd.admin("select count(*) from pg_stat_replication where sync_state = 'sync'")) === '1'
        ? true
        : undefined,
    )
    for (let round = 0; round < 3; round++) {
      const proof = await herd.run('prove', '--json')
      expect(proof.json(), proof.stdout).toMatchObject({ ok: true, lostCommits: 0 })
    }
  })

  test('in place needs the name of the database', async () => {
    const run = await herd.run('restore', '--to', 'latest', '--in-place', '--yes', '--json')
    expect(run.code).toBe(3)
    expect(run.json()).toMatchObject({ diagnostics: [{ code: 'CONFIRMATION_NEEDED' }] })
  })
})

interface Proof {
  ok: boolean
  backup: string
  checks: { ok: boolean; detail: string }[]
}

describe('a damaged repository is never called restorable', () => {
  let herd: Herd
  beforeAll(async () => {
    herd = await Herd.create()
    await herd.up()
    await herd.query('app', 'create table event (id int)')
    expect((await herd.run('backup', '--json')).code).toBe(0)
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  const proveIt = async () => {
    const run = await herd.run('prove', '--json')
    expectSchema('cli/prove', run.json())
    return { code: run.code, ...run.json<Proof & { renewed: Proof | null; lostCommits: number }>() }
  }
  const failuresOf = ({ checks }: Proof) =>
    checks
      .filter(({ ok }) => !ok)
      .map(({ detail }) => detail)
      .join()

  /** Flips a bit in the middle of the newest backup; gives the name of the file. */
  async function flip(): Promise<{ id: string; name: string }> {
    const list = await herd.run('backup', '--list', '--json')
    const newest = list.json<{ backups: { id: string; files: { name: string }[] }[] }>().backups.at(-1)
    const id = newest?.id ?? ''
    const name = newest?.files.find((file) => file.name.startsWith('base.tar'))?.name ?? ''
    const path = join(herd.state, 'backups', 'base', id, name)
    const bytes = readFileSync(path)
    const at = Math.floor(bytes.length / 2)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(path, bytes)
    return { id, name }
  }

  test('one flipped byte: the proof fails and names the file, and a fresh backup is taken and proven', async () => {
    const { id, name } = await flip()
    const proof = await proveIt()
    expect(proof).toMatchObject({ code: 1, ok: false, verdict: 'failed', backup: id })
    expect(failuresOf(proof)).toContain(name)
    expect(proof.renewed).toMatchObject({ ok: true, verdict: 'proven' })
    expect(proof.renewed?.backup).not.toBe(id)
    expect((await herd.run('status', '--json')).json()).toMatchObject({
      healthy: true,
      proof: { ok: true, backup: proof.renewed?.backup },
    })
  })

  test('the agent does the same by itself, and its job keeps what was found', async () => {
    const { id, name } = await flip()
    const api = `http://127.0.0.1:${herd.ports.agent}/api/v1`
    const headers = { authorization: `Bearer ${herd.token()}` }
    const accepted = await fetch(`${api}/proofs`, { method: 'POST', headers })
    const { job } = (await accepted.json()) as { job: { id: string } }
    const done = await eventually(
      'the proof',
      async () => {
        const answer = (await (await fetch(`${api}/jobs/${job.id}`)).json()) as {
          state: string
          summary: string
          findings: { code: string; detail: string }[]
        }
        return ['done', 'failed'].includes(answer.state) ? answer : undefined
      },
      120,
    )
    expect(done).toMatchObject({ state: 'done', findings: [{ code: 'PROOF_FAILED' }] })
    expect(done.summary).toContain('a fresh one was taken')
    expect(done.findings[0]?.detail).toContain(id)
    expect(done.findings[0]?.detail).toContain(name)
    expect((await herd.run('status', '--json')).json()).toMatchObject({ healthy: true, proof: { ok: true } })
  })

  test('a missing WAL segment is named, the window shrinks, nothing behind it is restored, the proof fails', async () => {
    for (let round = 0; round < 3; round++) {
      await herd.query('app', 'insert into event values (1)')
      await herd.admin('select pg_switch_wal()')
    }
    await herd.query('app', 'insert into event values (2)')
    await archived(herd)
    await sleep(50)
    const after = (await herd.query('app', 'select clock_timestamp() as now')).rows[0]?.now as Date
    await herd.query('app', 'insert into event values (3)')
    await archived(herd)
    interface Windows {
      windows: { toLsn: string; toTime: string }[]
    }
    const reaches = ({ windows }: Windows) =>
      windows.some(({ toTime }) => Date.parse(toTime) >= after.getTime())
    await eventually('a window up to now', async () =>
      reaches((await herd.run('backup', '--list', '--json')).json<Windows>()) ? true : undefined,
    )
    const timeline = join(herd.state, 'backups', 'wal', '00000001')
    const segments = await eventually('finished segments', () => {
      const found = readdirSync(timeline)
        .filter((name) => !name.includes('partial') && !name.endsWith('.sha256'))
        .sort()
      return found.length >= 4 ? found : undefined
    })
    const missing = segments.at(-2) ?? ''
    const segment = missing.slice(0, 24)
    rmSync(join(timeline, missing))

    const list = await herd.run('backup', '--list', '--json')
    expect(list.code).toBe(1)
    expect(JSON.stringify(list.json())).toContain(segment)
    const { windows } = list.json<Windows>()
    expect(reaches({ windows })).toBe(false)
    // the window ends where the missing segment begins
    expect(windows.map(({ toLsn }) => toLsn)).toEqual([`0/${segment.slice(-2).replace(/^0/, '')}000000`])

    const into = join(herd.directory, 'behind-the-gap')
    const refused = await herd.run('restore', '--to', after.toISOString(), '--into', into, '--json')
    expect(refused.code).toBe(3)
    expect(refused.json()).toMatchObject({ diagnostics: [{ code: 'RESTORE_OUTSIDE_WINDOW' }] })
    expect(existsSync(into)).toBe(false)
    const status = await eventually('the gap in the status', async () => {
      const document = (await herd.run('status', '--json')).json<{
        findings: { code: string; detail: string }[]
        backups: { windowTo: string }
      }>()
      return document.findings.some(({ code, detail }) => code === 'ARCHIVE_GAP' && detail.includes(segment))
        ? document
        : undefined
    })
    expect(Date.parse(status.backups.windowTo)).toBeLessThan(after.getTime())

    const proof = await proveIt()
    expect(proof).toMatchObject({ code: 1, verdict: 'failed', renewed: { verdict: 'proven' } })
    expect(failuresOf(proof)).toContain(segment)
  })
})
