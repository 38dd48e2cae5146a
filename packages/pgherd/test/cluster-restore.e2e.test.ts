import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { clusterAddresses, type ClusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectSchema } from './schema-of.ts'

interface Restored {
  ok: boolean
  leader: string
  timeline: number
  kept: { member: string; path: string }[]
  record: string
  backup?: string
  findings: { code: string }[]
}

interface Event {
  events: number
  newest: number
  dropped: boolean
}

describe('a cluster restored in place', () => {
  let herd: Herd
  let addresses: ClusterAddresses
  let timeline = 1

  beforeAll(async () => {
    addresses = await clusterAddresses()
    herd = await Herd.create()
    writeFileSync(
      herd.specFile,
      `name: test
postgres: { version: 15, binaries: system, memory: 512MB, connections: 40 }
topology:
  members: 3
  addresses: [${addresses.members.slice(0, 3).join(', ')}]
  gateway: ${addresses.gateway}
  failover: fast
agent: { port: ${herd.ports.agent} }
databases:
  app: { owner: app }
roles:
  app: { access: owner }
`,
    )
    await herd.up()
    const backup = await herd.run('backup')
    expect(backup.code, backup.stderr).toBe(0)
    await herd.query(
      'app',
      'create table event as select generate_series(1, 100) as id; create table dropped ()',
    )
  })
  afterAll(async () => {
    await herd[Symbol.asyncDispose]()
    await addresses[Symbol.asyncDispose]()
  })

  /** The same question to each member itself. */
  async function onEveryMember(): Promise<Event[]> {
    const { url, ca } = await herd.url('app')
    return await Promise.all(
      addresses.members.slice(0, 3).map(async (host) => {
        const plain = new URL(url)
        const client = new pg.Client({
          host,
          port: 5432,
          user: 'app',
          password: decodeURIComponent(plain.password),
          database: 'app',
          ssl: { ca: readFileSync(ca, 'utf8') },
        })
        client.on('error', () => undefined)
        await client.connect()
        try {
          const { rows } = await client.query<Event>(
            `select count(*)::int as events, max(id) as newest, to_regclass('dropped') is not null as dropped from event`,
          )
          return rows[0] as Event
        } finally {
          await client.end()
        }
      }),
    )
  }

  const everywhere = async (expected: Event) => {
    await eventually('every member has it', async () => {
      const found = await onEveryMember()
      if (found.some((each) => JSON.stringify(each) !== JSON.stringify(expected)))
        throw new Error(JSON.stringify(found))
      return true
    })
  }

  const now = async () => {
    await sleep(50)
    const { rows } = await herd.query('app', 'select clock_timestamp() as now')
    await sleep(50)
    return (rows[0] as { now: Date }).now.toISOString()
  }

  async function restored(args: readonly string[], findings: readonly string[] = []): Promise<Restored> {
    const run = await herd.run('restore', ...args, '--name', 'test', '--json')
    expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0)
    const result = run.json<Restored>()
    expectSchema('cli/restore', result)
    expect(result.findings.map(({ code }) => code)).toEqual(findings)
    expect(result.timeline).toBeGreaterThan(timeline)
    timeline = result.timeline
    return result
  }

  test('migrations are rehearsed on what the archive has of the primary', async () => {
    const folder = join(herd.directory, 'migrations')
    mkdirSync(folder)
    writeFileSync(join(folder, '1_event.sql'), 'alter table event alter id type bigint;\n')
    const run = await herd.run('migrate', 'rehearse', '--json')
    expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0)
    const rehearsal = run.json()
    expectSchema('cli/migrate', rehearsal)
    expect(rehearsal).toMatchObject({
      copy: { isNewest: true },
      rehearsed: [{ version: '1', rewrites: [{ relation: 'event', kind: 'table' }] }],
      failure: [],
    })
  })

  /** Flips a bit in the middle of the stored data of the newest backup; again, and it is whole. Gives its id. */
  function flipNewest(): string {
    const base = join(herd.state, 'backups/base')
    const id =
      readdirSync(base)
        .filter((name) => !name.startsWith('.'))
        .sort()
        .at(-1) ?? ''
    const name = readdirSync(join(base, id)).find((each) => each.startsWith('base.tar')) ?? ''
    const bytes = readFileSync(join(base, id, name))
    const at = bytes.length >> 1
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(join(base, id, name), bytes)
    return id
  }

  test('to a moment, past a damaged backup: every member has the data of then, on a new timeline, and what was there is kept', async () => {
    expect((await herd.run('backup')).code).toBe(0)
    const moment = await now()
    await herd.query('app', 'insert into event values (101); drop table dropped')
    const dry = await herd.run('restore', '--to', moment, '--in-place', '--dry-run', '--json')
    expect(dry.json()).toMatchObject({ dryRun: true, plan: { restore: { target: moment } } })
    const damaged = flipNewest()
    const result = await restored(['--to', moment, '--in-place'], ['RESTORE_OTHER_BACKUP'])
    expect(flipNewest()).toBe(damaged)
    expect(result.backup).not.toBe(damaged)
    await everywhere({ events: 100, newest: 100, dropped: true })
    expect(result.kept.map(({ member }) => member)).toEqual(['pg1', 'pg2', 'pg3'])
    for (const { path } of result.kept) expect(existsSync(join(path, 'PG_VERSION')), path).toBe(true)
    expect(Object.keys((JSON.parse(readFileSync(result.record, 'utf8')) as { dcs: object }).dcs)).toContain(
      '/service/test/initialize',
    )
    expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
  })

  test('undone: the data from before is back, in its own place', async () => {
    await herd.query('app', 'insert into event values (500)')
    await restored(['--undo'])
    await everywhere({ events: 101, newest: 101, dropped: false })
    expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
  })

  test('backups and proof go on, and the archive keeps up with many small commits', async () => {
    const client = await herd.connect('app')
    for (let id = 1001; id <= 1400; id++) await client.query('insert into event values ($1)', [id])
    await client.end()
    const lsn = await herd.admin('select pg_current_wal_lsn()')
    await eventually(
      'the archive',
      async () => {
        const behind = await herd.admin(
          `select flush_lsn >= '${lsn}' from pg_stat_replication where application_name = 'pgherd_wal'`,
        )
        return behind === 't' ? true : undefined
      },
      10,
    )
    expect((await herd.run('prove', '--json')).json()).toMatchObject({ ok: true })
  })

  test('killed while it replaces the data, the next up finishes it: to the newest state, nothing acknowledged is lost', async () => {
    const running = herd.start('restore', '--to', 'latest', '--in-place', '--name', 'test')
    await running.saw('moving the data directories')
    running.kill('SIGKILL')
    expect((await running.done).code, 'it was still at work').toBe(128)
    const up = await herd.up()
    expect(up.stdout).toContain('A restore in place had been interrupted: it was finished')
    await everywhere({ events: 501, newest: 1400, dropped: false })
    expect(existsSync(join(herd.state, 'run', 'cluster-restore.json'))).toBe(false)
  })

  test('beside the cluster, a moment on a timeline it has left since', async () => {
    const listed = await herd.run('backup', '--list', '--json')
    const { backups } = listed.json<{ backups: { stopLsn: string }[] }>()
    const into = join(herd.directory, 'copy')
    const run = await herd.run('restore', '--to', `lsn:${backups[0]?.stopLsn}`, '--into', into, '--json')
    expect(run.json(), run.stderr).toMatchObject({ ok: true, stoppedAtTarget: true, data: into })
  })
})
