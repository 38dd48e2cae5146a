import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SupervisorClient } from '../src/hosts/local/supervisor/supervisor-client.ts'
import { supervisorPaths } from '../src/hosts/local/supervisor/supervisor-paths.ts'

/** Replaces the wall clock of a process, and only that one (Debian's package faketime; ld.so(8) knows $LIB). */
const library = '/usr/$LIB/faketime/libfaketimeMT.so.1'
const second = 1000
const hour = 3600 * second

interface Job {
  readonly kind: string
  readonly cause: string
  readonly state: string
}

/** Server, agent and command line with a wall clock that can be set, as an administrator or a bad time server does. */
class WallClock {
  readonly #file: string
  readonly env: Readonly<Record<string, string>>

  constructor(herd: Herd) {
    this.#file = join(herd.directory, 'clock')
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DISABLE_SHM: '1',
      TZ: 'UTC',
    }
  }

  set(time: number): void {
    const offset = Math.round((time - Date.now()) / second)
    writeFileSync(this.#file, `${offset < 0 ? '' : '+'}${offset}\n`, { mode: 0o644 })
  }

  /** Gives a unit this clock, and starts it anew. */
  async govern(herd: Herd, unit: 'postgres' | 'agent'): Promise<void> {
    const path = join(herd.state, 'units', `${unit}.json`)
    const definition = JSON.parse(readFileSync(path, 'utf8')) as { unit: { env: Record<string, string> } }
    Object.assign(definition.unit.env, this.env)
    writeFileSync(path, JSON.stringify(definition))
    await new SupervisorClient(supervisorPaths(herd.state, process.getuid?.() ?? 0).socket).request({
      do: 'restart',
      unit,
    })
  }
}

describe('a clock that is set back', () => {
  let herd: Herd
  let clock: WallClock
  // half past an hour, half a day away: certificates and data of `up` are older, and the real clock never comes there
  const night = Math.floor(Date.now() / hour) * hour + 12.5 * hour

  const jobs = async () =>
    ((await (await fetch(`http://127.0.0.1:${herd.ports.agent}/api/v1/jobs`)).json()) as { jobs: Job[] }).jobs
  const scheduled = async () =>
    (await jobs()).filter(
      ({ kind, cause, state }) => kind === 'backup' && cause === 'schedule' && state === 'done',
    ).length
  const healthy = async () =>
    (await fetch(`http://127.0.0.1:${herd.ports.agent}/health`)).status === 200 ? true : undefined
  const listed = async () =>
    (await herd.run('backup', '--list', '--json'))
      .json<{ backups: { id: string }[] }>()
      .backups.map(({ id }) => id)
  const serverTime = async () =>
    Number(await herd.admin('select extract(epoch from clock_timestamp())::bigint'))
  const agentLog = () => readFileSync(join(herd.state, 'logs', 'agent.log'), 'utf8')

  beforeAll(async () => {
    herd = await Herd.create({
      spec: `databases: { app: { owner: app } }\nroles: { app: { access: owner } }\nbackups: { schedule: 30 ${new Date(night).getUTCHours()} * * *, proof: { schedule: 0 0 29 2 * }, retention: { full: 1, window: 1s }, objectives: { rpo: 1s } }\n`,
    })
    await herd.up()
    await herd.query('app', 'create table kept as select generate_series(1, 100) as id')
    clock = new WallClock(herd)
    clock.set(night - 5 * second)
    await clock.govern(herd, 'postgres')
    await clock.govern(herd, 'agent')
    Object.assign(herd.env, clock.env)
    await eventually('health', healthy)
    expect(Math.abs((await serverTime()) - night / second)).toBeLessThan(60)
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('neither repeats nor stalls the schedule', async () => {
    await eventually(
      'the backup of the night',
      async () => ((await scheduled()) === 1 ? true : undefined),
      40,
    )
    clock.set(night + 60 * second)
    await eventually('a minute later', () =>
      agentLog().includes('the wall clock was set forward') ? true : undefined,
    )
    clock.set(night - 4 * second)
    await eventually('the same time again', async () =>
      (await serverTime()) > night / second ? true : undefined,
    )
    await eventually('what the agent says of it', () =>
      agentLog().includes('skipped a backup: it ran at this time already') ? true : undefined,
    )
    expect(agentLog()).toMatch(/the wall clock was set back/)
    expect(await scheduled()).toBe(1)
    await eventually('health', healthy)
  })

  test('leaves a newer backup the newest one: it is proven, and neither is taken for an old one', async () => {
    const [before = '', ...none] = await listed()
    expect(none).toEqual([])
    clock.set(night - hour)
    await eventually('the server’s clock', async () =>
      (await serverTime()) < night / second - 1800 ? true : undefined,
    )
    await herd.query('app', 'insert into kept values (101)')
    const { backup } = (await herd.run('backup', '--json')).json<{ backup: { id: string } }>()
    expect(await listed()).toEqual([before, backup.id])
    expect((await herd.run('prove', '--json')).json()).toMatchObject({ ok: true, backup: backup.id })
  })

  test('keeps every moment restorable: the newest state and a time after the jump', async () => {
    const moment = (await herd.query('app', 'select clock_timestamp() as now')).rows[0]?.now as Date
    await herd.query('app', 'insert into kept values (102)')
    await herd.admin('select pg_switch_wal()')
    const into = join(herd.directory, 'copy')
    const run = await herd.run(
      'restore',
      '--to',
      new Date(moment.getTime()).toISOString(),
      '--into',
      into,
      '--json',
    )
    // not from the older backup, whose replay would stop at the first commit of the later time before the jump
    expect(run.json(), run.stdout).toMatchObject({
      ok: true,
      backup: (await listed()).at(-1),
      stoppedAtTarget: true,
    })
    expect(existsSync(join(into, 'PG_VERSION'))).toBe(true)
    expect(
      (await herd.run('restore', '--to', 'latest', '--in-place', '--name', 'test', '--json')).json(),
    ).toMatchObject({ ok: true })
    expect((await herd.query('app', 'select count(*)::int as n from kept')).rows).toEqual([{ n: 102 }])
  })

  test('far back, before the certificates were made: up says which of the two is wrong and changes nothing', async () => {
    clock.set(night - 400 * 24 * hour)
    const run = await herd.run('up', '--yes', '--no-prove', '--json')
    expect(run.code).toBeGreaterThan(1)
    expect(run.stdout).toMatch(/this machine's clock says .*one of the two is wrong/)
    clock.set(night - hour)
    expect((await herd.query('app', 'select count(*)::int as n from kept')).rows).toEqual([{ n: 102 }])
  })
})
