import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SupervisorClient } from '../src/hosts/local/supervisor/supervisor-client.ts'
import { supervisorPaths } from '../src/hosts/local/supervisor/supervisor-paths.ts'

const rows = 20_000

/** Processes of the herd that match; the supervised ones are `postgres`, the agent and the supervisor. */
const processes = (herd: Herd, word: string) =>
  herd.processes().filter(({ command }) => command.includes(word))

const agentOf = (herd: Herd) => processes(herd, 'agent.json')[0]?.pid ?? 0

const supervisorOf = (herd: Herd) => processes(herd, 'supervisor')[0]?.pid ?? 0

const victims = {
  postmaster: (herd: Herd) => herd.postmaster() ?? 0,
  agent: agentOf,
  supervisor: supervisorOf,
}
type Victim = keyof typeof victims

const count = async (herd: Herd) =>
  (await herd.query('app', 'select count(*)::int as n from kept')).rows[0]?.n as number

const backupIds = (herd: Herd) => readdirSync(join(herd.state, 'backups', 'base')).sort()

const steps = async (herd: Herd) => (await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps

/** Starts a command and kills it some time after it has said something. */
async function killed(herd: Herd, command: readonly string[], words: string, afterMs = 0): Promise<void> {
  const running = herd.start(...command)
  await running.saw(words)
  await sleep(afterMs)
  running.kill('SIGKILL')
  expect((await running.done).code, 'it was still at work').toBe(128)
}

/** Whatever a killed command has started ends by itself: no server but the database's own, no throwaway directory in use. */
async function nothingElseRuns(herd: Herd): Promise<void> {
  await eventually('the end of what the killed command had started', () => {
    const own = [herd.postmaster(), agentOf(herd), processes(herd, 'supervisor')[0]?.pid]
    const others = herd.processes().filter(({ pid }) => !own.includes(pid))
    if (others.length > 0) throw new Error(others.map(({ command }) => command).join('; '))
    return true
  })
}

async function settled(herd: Herd): Promise<void> {
  await nothingElseRuns(herd)
  expect(await steps(herd)).toEqual([])
  expect(await count(herd)).toBe(rows)
  expect(readdirSync(join(herd.state, 'scratch'))).toEqual([])
  expect(readdirSync(herd.state).filter((name) => name.includes('.restore-'))).toEqual([])
}

describe('kill -9', () => {
  let herd: Herd
  beforeAll(async () => {
    herd = await Herd.create()
    await herd.up()
    await herd.query(
      'app',
      'create table kept as select id, md5(id::text) || repeat(md5((-id)::text), 10) as body from generate_series(1, $1::int) id',
      [rows],
    )
    expect((await herd.run('backup')).code).toBe(0)
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  describe('of the command line', () => {
    test.each([
      ['waiting for the checkpoint', 0],
      ['copying the data', 20],
      ['waiting for WAL', 0],
    ])('in a backup, at "%s": the next backup clears it away and works', async (words, afterMs) => {
      const before = backupIds(herd)
      await killed(herd, ['backup'], words, afterMs)
      await eventually('the end of its connection', async () =>
        (await herd.admin(
          "select count(*) from pg_stat_replication where application_name = 'pgherd_backup'",
        )) === '0'
          ? true
          : undefined,
      )
      const listed = (await herd.run('backup', '--list', '--json')).json<{ backups: { id: string }[] }>()
      expect(listed.backups.map(({ id }) => id).sort()).toEqual(before)
      const next = (await herd.run('backup', '--json')).json<{ ok: boolean; backup: { id: string } }>()
      expect(next.ok).toBe(true)
      expect(backupIds(herd)).toEqual([...before, next.backup.id])
      await settled(herd)
    })

    test.each([
      ['waiting for the archive', 0],
      ['replaying to the recorded point', 100],
      ['checking the restored copy', 0],
    ])('in a proof, at "%s": no throwaway server stays', async (words, afterMs) => {
      await killed(herd, ['prove'], words, afterMs)
      await nothingElseRuns(herd)
      expect(await count(herd)).toBe(rows)
    })

    test('after all those proofs one that is left alone works, and takes away what they left', async () => {
      expect((await herd.run('prove', '--json')).json()).toMatchObject({ ok: true })
      await settled(herd)
    })

    test.each([
      ['restoring the base backup', 20],
      ['replaying the archive', 50],
    ])(
      'in a restore into a directory, at "%s": it is never taken for a whole one',
      async (words, afterMs) => {
        const into = join(herd.directory, `copy-${words.replaceAll(' ', '-')}`)
        await killed(herd, ['restore', '--to', 'latest', '--into', into], words, afterMs)
        await nothingElseRuns(herd)
        const again = await herd.run('restore', '--to', 'latest', '--into', into, '--json')
        expect(again.json()).toMatchObject({ ok: false, diagnostics: [{ code: 'RESTORE_DIRECTORY_IN_USE' }] })
        const other = await herd.run('restore', '--to', 'latest', '--into', `${into}-again`, '--json')
        expect(other.json()).toMatchObject({ ok: true })
        await settled(herd)
      },
    )

    test.each([
      ['stopping the server', 0],
      ['restoring the base backup', 20],
      ['replaying the archive', 50],
      ['exchanging the data directories', 0],
      ['starting the server', 0],
    ])('in a restore in place, at "%s": the next up finishes or undoes it', async (words, afterMs) => {
      await killed(herd, ['restore', '--to', 'latest', '--in-place', '--name', 'test'], words, afterMs)
      await herd.up()
      await settled(herd)
      expect(existsSync(join(herd.state, 'run', 'restore.json'))).toBe(false)
    })

    test('in a restore in place, once the archive knows the new timeline: the database follows it', async () => {
      const moment = (await herd.query('app', 'select clock_timestamp() as now')).rows[0]?.now as Date
      await herd.query('app', 'create table made_after_it (id int)')
      const wal = join(herd.state, 'backups', 'wal')
      const histories = () => readdirSync(wal).filter((name) => /history(\.age)?$/.test(name)).length
      const before = histories()
      const running = herd.start(
        'restore',
        '--to',
        new Date(moment.getTime() + 1).toISOString(),
        '--in-place',
        '--name',
        'test',
      )
      await running.saw('stopping the server')
      while (histories() === before) await sleep(1)
      running.kill('SIGKILL')
      await running.done
      await herd.up()
      await settled(herd)
      expect((await herd.query('app', "select to_regclass('made_after_it') as made")).rows).toEqual([
        { made: null },
      ])
      const restored = await herd.run('restore', '--to', 'latest', '--in-place', '--name', 'test', '--json')
      expect(restored.json(), restored.stdout).toMatchObject({ ok: true })
      await settled(herd)
    })

    test('a restore right after a killed one needs no up in between', async () => {
      await killed(
        herd,
        ['restore', '--to', 'latest', '--in-place', '--name', 'test'],
        'replaying the archive',
        100,
      )
      const restored = await herd.run('restore', '--to', 'latest', '--in-place', '--name', 'test', '--json')
      expect(restored.json()).toMatchObject({ ok: true })
      await settled(herd)
    })
  })

  describe('of the postmaster', () => {
    test('in a backup: it fails and says so, the server comes back, the next backup works', async () => {
      const before = backupIds(herd)
      const running = herd.start('backup', '--json')
      await eventually('the backup', () => (backupIds(herd).length > before.length ? true : undefined))
      process.kill(herd.postmaster() ?? 0, 'SIGKILL')
      const run = await running.done
      expect(run.json()).toMatchObject({ ok: false, diagnostics: [{ code: 'BACKUP_INTERRUPTED' }] })
      expect(run.code).toBe(4)
      expect(backupIds(herd)).toEqual(before)
      await eventually('the server', () => count(herd))
      expect((await herd.run('backup', '--json')).json()).toMatchObject({ ok: true })
      await settled(herd)
    })

    test.each(['recording what the live server holds', 'replaying to the recorded point'])(
      'in a proof, at "%s": it ends with a clear result',
      async (words) => {
        const running = herd.start('prove')
        await running.saw(words)
        process.kill(herd.postmaster() ?? 0, 'SIGKILL')
        const run = await running.done
        expect([0, 1, 4], run.stdout + run.stderr).toContain(run.code)
        expect(run.stdout + run.stderr).not.toMatch(/INTERNAL|\n\s+at .*\.ts/)
        await eventually('the server', () => count(herd))
        await settled(herd)
      },
    )
  })

  describe('of the agent', () => {
    test('in a backup of the command line: the backup has all the WAL it needs', async () => {
      const running = herd.start('backup')
      await running.saw('copying the data')
      const agent = agentOf(herd)
      process.kill(agent, 'SIGKILL')
      const run = await running.done
      expect(run.code, run.stdout + run.stderr).toBe(0)
      await eventually('a new agent', () =>
        agentOf(herd) !== 0 && agentOf(herd) !== agent ? true : undefined,
      )
      await settled(herd)
    })

    test('in a backup of its own: the next agent does it', async () => {
      const api = `http://127.0.0.1:${herd.ports.agent}/api/v1`
      const token = herd.token()
      const answering = async () => ((await fetch(`${api}/status`)).ok ? true : undefined)
      await eventually('the agent', answering)
      const before = backupIds(herd)
      const asked = await fetch(`${api}/backups`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      })
      expect(asked.status).toBe(202)
      await eventually('the backup', () => (backupIds(herd).length > before.length ? true : undefined))
      process.kill(agentOf(herd), 'SIGKILL')
      const jobs = await eventually('the backup of the next agent', async () => {
        const found = (
          (await (await fetch(`${api}/jobs`)).json()) as {
            jobs: { kind: string; cause: string; state: string }[]
          }
        ).jobs
        return found.some(
          ({ kind, cause, state }) => kind === 'backup' && cause === 'resume' && state === 'done',
        )
          ? found
          : undefined
      })
      expect(jobs).toContainEqual(
        expect.objectContaining({ kind: 'backup', cause: 'request', state: 'interrupted' }),
      )
      expect(backupIds(herd)).toHaveLength(before.length + 1)
      await settled(herd)
    })

    test('and of nobody else while nothing is archived: the newest state is not what the archive ends with', async () => {
      await new SupervisorClient(supervisorPaths(herd.state, process.getuid?.() ?? 0).socket).request({
        do: 'stop',
        unit: 'agent',
      })
      await herd.query('app', 'create table late (id int)')
      const restore = () => herd.run('restore', '--to', 'latest', '--in-place', '--name', 'test', '--json')
      const refused = await restore()
      expect(refused.json()).toMatchObject({ ok: false, diagnostics: [{ code: 'RESTORE_ARCHIVE_BEHIND' }] })
      expect(refused.code).toBe(3)
      expect((await herd.query('app', 'select count(*)::int as n from late')).rows).toEqual([{ n: 0 }])
      await herd.up()
      const lsn = await herd.admin('select pg_current_wal_lsn()')
      await eventually('the archive', async () =>
        (await herd.admin(`select coalesce(max(flush_lsn) >= '${lsn}', false) from pg_stat_replication`)) ===
        't'
          ? true
          : undefined,
      )
      expect((await restore()).json()).toMatchObject({ ok: true })
      expect((await herd.query('app', 'select count(*)::int as n from late')).rows).toEqual([{ n: 0 }])
      await settled(herd)
    })

    test.each<[Victim, string, string]>([
      ['postmaster', 'restore', 'restoring the base backup'],
      ['agent', 'prove', 'waiting for the archive'],
      ['agent', 'restore', 'restoring the base backup'],
      ['supervisor', 'backup', 'copying the data'],
      ['supervisor', 'prove', 'replaying to the recorded point'],
      ['supervisor', 'restore', 'replaying the archive'],
    ])(
      'of the %s in a %s: it goes on to a good end, and the next up finds all as it was',
      async (...cell) => {
        const [victim, verb, words] = cell
        const into = join(herd.directory, `beside-${victim}`)
        const running = herd.start(verb, ...(verb === 'restore' ? ['--to', 'latest', '--into', into] : []))
        await running.saw(words)
        process.kill(victims[victim](herd), 'SIGKILL')
        const run = await running.done
        expect(run.code, run.stdout + run.stderr).toBe(0)
        await herd.up()
        await settled(herd)
      },
    )

    test('after all of this the newest backup is proven', async () => {
      expect((await herd.run('prove', '--json')).json()).toMatchObject({ ok: true })
      await settled(herd)
    })
  })
})

describe('kill -9 during up', () => {
  test.each<[Victim, string]>([
    ['supervisor', 'data/postmaster.pid'],
    ['supervisor', 'units/agent.json'],
    ['postmaster', 'units/agent.json'],
    ['agent', 'logs/agent.log'],
  ])('of the %s, once %s is there: one server, and the next up finishes', async (victim, artifact) => {
    await using herd = await Herd.create()
    const up = herd.start('up', '--yes', '--no-prove', '--json')
    const found = await eventually(artifact, () => {
      const pid = victims[victim](herd)
      return existsSync(join(herd.state, artifact)) && pid !== 0 ? pid : undefined
    })
    process.kill(found, 'SIGKILL')
    const run = await up.done
    expect(run.json()).toHaveProperty('ok')
    await herd.up()
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
    expect(processes(herd, 'supervisor')).toHaveLength(1)
    expect(victims[victim](herd)).not.toBe(found)
    expect(herd.processes()).toHaveLength(3)
    expect(await steps(herd)).toEqual([])
  })
})
