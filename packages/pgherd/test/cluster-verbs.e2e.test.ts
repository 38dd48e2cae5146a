import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { clusterAddresses, type ClusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WriteLoad } from '../src/operations/write-load.testkit.ts'
import { expectSchema } from './schema-of.ts'

let herd: Herd
let addresses: ClusterAddresses

beforeAll(async () => {
  addresses = await clusterAddresses()
  herd = await Herd.create()
  writeFileSync(
    herd.specFile,
    `name: test
postgres: { version: 15, binaries: system, memory: 256MB, connections: 40 }
topology:
  members: 3
  addresses: [${addresses.members.slice(0, 3).join(', ')}]
  gateway: ${addresses.gateway}
  failover: fast
agent: { port: ${herd.ports.agent} }
redis: { memory: 64MB }
databases:
  app: { owner: app }
roles:
  app: { access: owner }
  few: { access: readonly, connectionLimit: 2 }
`,
  )
  await herd.up()
  await herd.query('app', 'create table written (id text primary key)')
}, 120_000)
afterAll(async () => {
  await herd[Symbol.asyncDispose]()
  await addresses[Symbol.asyncDispose]()
})

interface Status {
  healthy: boolean
  members: { name: string; role: string; timeline: number }[]
  cluster: {
    leader: string
    etcd: { members: unknown[] }
    routes: { route: string; up: boolean }[]
    pools: { database: string; user: string; clientsActive: number; clientsWaiting: number }[]
    slots: { name: string; active: boolean }[]
    drift: unknown[]
  }
}

async function status(): Promise<Status> {
  const run = await herd.run('status', '--json')
  const document = run.json<Status>()
  expectSchema('status', document)
  return document
}

/** Runs a verb with --json and holds its document against the published schema. */
async function verb(name: string, ...args: readonly string[]) {
  const run = await herd.run(name, ...args, '--json')
  expect(run.code, `${name} ${args.join(' ')}: ${run.stdout}\n${run.stderr}`).toBe(0)
  const document = run.json()
  expectSchema(`cli/${name}`, document)
  return document
}

/** The verb under a load: a dry run changes nothing, the run itself shows no client an error and loses no write. */
async function unnoticed(name: string, ...args: readonly string[]) {
  const before = await status()
  expect(await verb(name, ...args, '--dry-run')).toMatchObject({ dryRun: true })
  expect((await status()).cluster.leader).toBe(before.cluster.leader)
  await using load = new WriteLoad(() => herd.connect('app'), { clients: 4, perSecond: 60 })
  await load.more(20)
  const document = await verb(name, ...args, '--yes')
  await load.more(20)
  const { acknowledged, errors } = await load.stop()
  expect(errors, name).toEqual([])
  const { rows } = await herd.query('app', 'select id from written')
  const found = new Set((rows as { id: string }[]).map(({ id }) => id))
  expect(acknowledged.filter((id) => !found.has(id))).toEqual([])
  return { before, after: await status(), document }
}

test('switchover: another primary, and nobody notices', async () => {
  const { before, after } = await unnoticed('switchover')
  expect(after.cluster.leader).not.toBe(before.cluster.leader)
})

test('restart --rolling and rotate --certificates: nobody notices', async () => {
  await unnoticed('restart', '--rolling')
  await unnoticed('rotate', '--certificates')
})

/** An open session of Redis, as an application has it. */
class RedisSession {
  readonly #socket: TLSSocket

  private constructor(socket: TLSSocket) {
    this.#socket = socket
  }

  static async open({ host, port, ca }: RedisUrl): Promise<RedisSession> {
    const socket = connect({ host, port, ca: readFileSync(ca, 'utf8') })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    return new RedisSession(socket)
  }

  async say(...words: string[]): Promise<string> {
    this.#socket.write(`${words.join(' ')}\r\n`)
    const [answer] = (await once(this.#socket, 'data')) as [Buffer]
    return answer.toString('utf8').trim()
  }

  end(): void {
    this.#socket.destroy()
  }
}

interface RedisUrl {
  url: string
  host: string
  port: number
  ca: string
}

async function redisUrl(): Promise<RedisUrl> {
  const document = (await herd.run('url', '--component', 'redis', '--json')).json<RedisUrl>()
  expectSchema('cli/url', document)
  return document
}

test('rotate: secrets that no role has; clients of the pool notice nothing, those of Redis keep their sessions', async () => {
  const before = await redisUrl()
  const old = new URL(before.url).password
  const session = await RedisSession.open(before)
  const other = await RedisSession.open(before)
  try {
    expect(await session.say('AUTH', old)).toBe('+OK')
    await verb('rotate', '--secret', 'patroni-api')
    await unnoticed('rotate', '--secret', 'haproxy-statistics')
    expect(await verb('rotate', '--secret', 'redis')).toMatchObject({ result: { told: ['gateway'] } })
    expect(await session.say('PING')).toBe('+PONG')
    expect(await other.say('AUTH', old)).toMatch(/^-WRONGPASS/)
    expect(await other.say('AUTH', new URL((await redisUrl()).url).password)).toBe('+OK')
  } finally {
    session.end()
    other.end()
  }
  const token = herd.token()
  await verb('rotate', '--secret', 'agent-token')
  expect(herd.token()).not.toBe(token)
  const refused = await fetch(`http://127.0.0.1:${herd.ports.agent}/api/v1/backups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  expect(refused.status).toBe(401)
  expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
})

test('rotate --password of a role whose sessions PgBouncer limits: it knows the new one', async () => {
  expect(await verb('rotate', '--password', 'few')).toMatchObject({ result: { told: ['gateway'] } })
  expect((await herd.query('few', 'select 1 as one')).rows).toEqual([{ one: 1 }])
  expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
})

test('a backup is taken from a standby, and proven over the timelines with its contents compared', async () => {
  const { backup } = (await verb('backup')) as { backup: { takenFrom: string } }
  const { cluster, members } = await status()
  expect(members.map(({ name }) => name)).toContain(backup.takenFrom)
  expect(backup.takenFrom).not.toBe(cluster.leader)
  await verb('switchover', '--yes')
  await herd.query('app', "insert into written values ('after the backup')")
  const proof = (await verb('prove')) as { ok: boolean; checks: { name: string; detail: string }[] }
  expect(proof.ok).toBe(true)
  expect(proof.checks.find(({ name }) => name === 'contents')?.detail).toMatch(/^equal to the live server/)
})

test('verify holds every promise to where clients come in, and bench takes their way and leaves nothing', async () => {
  const { promises } = (await verb('verify')) as {
    promises: { id: string; ok: boolean; measured: string }[]
  }
  const measured = Object.fromEntries(promises.map(({ id, measured: text }) => [id, text]))
  expect(measured['plaintext-refused']).toBe(
    'refused by PgBouncer, HAProxy for writing, HAProxy for reading, pg1, pg2, pg3',
  )
  expect(measured['settings-in-force']).toMatch(/^pg1: \d+ settings applied; pg2: .*; pg3: /)
  expect(measured['encrypted-connections']).toBe('app: TLSv1.3, few: TLSv1.3')
  const run = herd.start('bench', '--seconds', '8', '--scale', '1', '--clients', '4', '--json')
  const seen = await eventually('the load, through the pool', async () => {
    const { pools } = (await status()).cluster
    return pools.find(
      ({ user, clientsActive, clientsWaiting }) => user === 'app' && clientsActive + clientsWaiting >= 4,
    )
  })
  expect(seen.database).toBe('app')
  const bench = await run.done
  // below the target of transactions per second it ends with 1
  expect([0, 1]).toContain(bench.code)
  expectSchema('cli/bench', bench.json())
  expect(bench.json()).toMatchObject({ result: { tool: 'pgbench', clients: 4, failed: 0 } })
  expect(bench.json<{ result: { transactions: number } }>().result.transactions).toBeGreaterThan(10)
  expect(await herd.admin("select count(*) from pg_namespace where nspname like '%bench%'", 'app')).toBe('0')
})

test('scale out and in: pools, routes, votes and slots follow, and nobody notices', async () => {
  const more = addresses.members.slice(3, 5).join(',')
  const out = await unnoticed('scale', '--members', '5', '--address', more)
  expect(out.after.members).toHaveLength(5)
  expect(out.after.cluster.etcd.members).toHaveLength(5)
  expect(out.after.cluster.routes.filter(({ route, up }) => route === 'read' && up)).toHaveLength(4)
  expect(readFileSync(herd.specFile, 'utf8')).toContain('members: 5')
  // a fence learns of more members of etcd without a moment in which nobody watches
  const fence = readFileSync(join(herd.state, 'members', 'pg1', 'logs', 'fence.log'), 'utf8')
  expect(fence).toContain('the fence has read its file again')
  const back = await unnoticed('scale', '--members', '3', '--destroy-data', '--name', 'test')
  expect(back.after.members.map(({ name }) => name)).toEqual(['pg1', 'pg2', 'pg3'])
  expect(back.after.cluster.etcd.members).toHaveLength(3)
  const slots = back.after.cluster.slots.map(({ name }) => name)
  expect(slots.filter((name) => /^pg[45]$/.test(name))).toEqual([])
  expect(readFileSync(herd.specFile, 'utf8')).toContain('members: 3')
  const data = (name: string) =>
    existsSync(join(herd.state, 'members', name, 'postgres', 'data', 'PG_VERSION'))
  expect(['pg1', 'pg2', 'pg3', 'pg4', 'pg5'].filter(data)).toEqual(['pg1', 'pg2', 'pg3'])
  expect((await herd.run('plan', '--json')).json<{ steps: unknown[] }>().steps).toEqual([])
})

test('pause and unpause', async () => {
  await verb('pause', '--for', '10m', '--yes')
  const refused = await herd.run('switchover', '--yes', '--json')
  expect([refused.code, refused.stdout]).toEqual([3, expect.stringContaining('AUTOMATION_PAUSED')])
  await verb('unpause', '--yes')
  await verb('reload', '--yes')
})
