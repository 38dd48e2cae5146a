import { readFileSync } from 'node:fs'
import { connect as tlsConnect } from 'node:tls'
import { eventually } from '@pgherd/testbed/herd.ts'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { passwordOf } from '../postgres/objects/server.testkit.ts'
import { PooledCluster } from './pooled-cluster.testkit.ts'

const oddRole = 'Ünï "c" o\'b\\'
const clients = 1000

let pooled: PooledCluster

beforeAll(async () => {
  pooled = await PooledCluster.start({
    postgres: { connections: 24 },
    pooler: { clients: clients + 20 },
    databases: { 'shop.a-1': { owner: 'app' }, stock: { owner: 'app' } },
    roles: {
      app: { access: 'owner' },
      [oddRole]: { access: 'readonly', databases: ['stock'] },
      former: { access: 'readonly', validUntil: '2020-01-01T00:00:00Z' },
      resting: { access: 'readonly' },
      raised: { access: 'readonly' },
      few: { access: 'readonly', connectionLimit: 2 },
    },
  })
  await eventually('the pooler', async () =>
    (await pooled.login('app', 'stock')) === 'app' ? true : undefined,
  )
})
afterAll(() => pooled[Symbol.asyncDispose]())

test('declared roles log in by SCRAM through auth_query, to write and to read', async () => {
  const { write, read } = pooled
  const [written, reading] = [write.sessions, read.sessions]
  expect(await pooled.login('app', 'shop.a-1')).toBe('app')
  expect(write.sessions).toBeGreaterThan(written)
  expect(read.sessions).toBe(reading)
  const before = write.sessions
  expect(await pooled.login('app', 'shop.a-1_ro')).toBe('app')
  expect(read.sessions).toBeGreaterThan(reading)
  expect(write.sessions).toBe(before)
  expect(await pooled.login(oddRole, 'stock')).toBe(oddRole)
  expect(await pooled.login(oddRole, 'stock_ro')).toBe(oddRole)
  await using client = await pooled.connect('app', 'stock')
  expect((await client.query('select current_database() as name')).rows).toEqual([{ name: 'stock' }])
  expect(
    (await client.query('select ssl, version from pg_stat_ssl where pid = pg_backend_pid()')).rows,
  ).toEqual([{ ssl: true, version: 'TLSv1.3' }])
})

test('nobody else does', async () => {
  const admin = await pooled.objects.admin()
  await admin.query(`create role stranger login password '${passwordOf('stranger')}'`)
  await admin.query('alter role resting nologin')
  await admin.query('alter role raised superuser')
  expect(await pooled.login('app', 'stock', 'wrong')).toMatch(/^refused: SASL authentication failed/)
  for (const role of [
    'postgres',
    'pgherd_replication',
    'pgherd_rewind',
    'pgherd_monitor',
    'pgherd_pooler',
    'stranger',
    'former',
    'resting',
    'raised',
    'nobody',
    "x' or true--",
  ]) {
    await admin.query(`alter role postgres password '${passwordOf('postgres')}'`)
    for (const database of ['stock', 'stock_ro'])
      expect([role, await pooled.login(role, database)]).toEqual([role, expect.stringMatching(/^refused/)])
    await admin.query("alter role postgres password 'testbed-superuser'")
  }
  expect(await pooled.login(oddRole, 'shop.a-1')).toMatch(/^refused/)
  for (const database of ['postgres', 'template1', 'nowhere', '*'])
    expect([database, await pooled.login('app', database)]).toEqual([
      database,
      expect.stringMatching(/^refused/),
    ])
  await expect(pooled.connect('app', 'pgbouncer')).rejects.toThrow()
  await expect(pooled.connect('pgherd_monitor', 'pgbouncer')).rejects.toThrow()
  const plain = { ...pooled.config('app', 'stock'), ssl: false }
  const { Client } = (await import('pg')).default
  await expect(new Client(plain).connect()).rejects.toThrow(/SSL required/)
  expect(await pooled.login('app', 'stock')).toBe('app')
})

test('a password that was rotated counts from the next login on', async () => {
  const admin = await pooled.objects.admin()
  await using open = await pooled.connect('app', 'stock')
  await admin.query("alter role app password 'another'")
  expect(await pooled.login('app', 'stock', 'another')).toBe('app')
  expect(await pooled.login('app', 'stock')).toMatch(/^refused/)
  expect((await open.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await admin.query(`alter role app password '${passwordOf('app')}'`)
  expect(await pooled.login('app', 'stock')).toBe('app')
})

test('while the console has paused the pools, queries and logins wait', async () => {
  await using console = await pooled.console()
  await using client = await pooled.connect('app', 'stock')
  await console.query('PAUSE')
  try {
    let answered = 0
    const count = () => answered++
    const answers = [client.query('select 1').then(count), pooled.login('app', 'stock').then(count)]
    const waiting = async () => {
      const { rows } = await console.query<{ database: string; cl_waiting: string }>('SHOW POOLS')
      return rows.filter(({ database, cl_waiting: n }) => database === 'stock' && Number(n) > 0).length > 0
    }
    await eventually('a client that waits', async () => ((await waiting()) ? true : undefined))
    expect(answered).toBe(0)
    await console.query('RESUME')
    await Promise.all(answers)
  } finally {
    await console.query('RESUME').catch(() => undefined)
  }
})

/** PgBouncer logs in to servers ahead of need; a cut must not hit such a login where the test is about something else. */
async function noLoginUnderWay(): Promise<void> {
  await using console = await pooled.console()
  await eventually('no login under way', async () => {
    const { rows } = await console.query<{ sv_login: string }>('SHOW POOLS')
    return rows.every(({ sv_login: n }) => Number(n) === 0) ? true : undefined
  })
}

test('while the router holds logins back clients wait, and none is turned away', async () => {
  const { write } = pooled
  await noLoginUnderWay()
  write.hold()
  write.cut()
  const logins = [pooled.login('app', 'stock')]
  await eventually('a held login', () => Promise.resolve(write.held?.length ? true : undefined))
  // longer than PgBouncer needs to give up and try again, if it did
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    logins.push(pooled.login('app', 'stock'), pooled.login(oddRole, 'stock'))
  }
  write.release()
  expect(new Set(await Promise.all(logins))).toEqual(new Set(['app', oddRole]))
})

test('a login that was cut turns clients away until one succeeds, and no longer', async () => {
  const { write } = pooled
  await noLoginUnderWay()
  write.hold()
  write.cut()
  const cut = pooled.login('app', 'stock')
  await eventually('a held login', () => Promise.resolve(write.held?.length ? true : undefined))
  write.cut()
  await eventually('a client turned away', async () => {
    const said = await pooled.login('app', 'stock')
    return said.includes('server login has been failing') ? true : undefined
  })
  write.release()
  expect(
    await eventually('a login', async () => {
      const who = await pooled.login('app', 'stock')
      return who === 'app' ? who : undefined
    }),
  ).toBe('app')
  // the one that was already waiting has waited on
  expect(await cut).toBe('app')
})

test('a role with a connectionLimit waits where it would be refused, over all its pools together', async () => {
  const most = async () => {
    const admin = await pooled.objects.admin()
    const { rows } = await admin.query<{ n: number }>(
      "select count(*)::int as n from pg_stat_activity where usename = 'few'",
    )
    return rows[0]?.n ?? 0
  }
  const databases = ['stock', 'shop.a-1', 'stock_ro', 'stock', 'shop.a-1_ro', 'stock', 'shop.a-1', 'stock']
  const opened = await Promise.all(databases.map((database) => pooled.connect('few', database)))
  try {
    let highest = 0
    const answers = Promise.all(
      opened.map(async (client) => {
        const { rows } = await client.query<{ who: string }>(
          'select session_user::text as who from pg_sleep(0.3)',
        )
        highest = Math.max(highest, await most())
        return rows[0]?.who
      }),
    )
    expect(await answers).toEqual(databases.map(() => 'few'))
    expect(highest).toBe(2)
  } finally {
    await Promise.all(opened.map((client) => client.end()))
  }
  expect(await pooled.login('few', 'stock', 'wrong')).toMatch(/^refused: SASL authentication failed/)
  expect(await pooled.login('few', 'stock')).toBe('few')
})

test('PgBouncer 1.18 keeps unnamed parameters apart, and mixes named statements up', async () => {
  await using first = await pooled.connect('app', 'stock')
  await using second = await pooled.connect('app', 'stock')
  expect((await first.query('select $1::int as n', [1])).rows).toEqual([{ n: 1 }])
  expect((await second.query('select $1::text as n', ['2'])).rows).toEqual([{ n: '2' }])
  await first.query({ name: 's', text: 'select $1::int as n', values: [1] })
  // the same server session, which the last to leave it gives to the next
  await expect(
    second.query({ name: 's', text: 'select $1::text as n', values: ['2'] }),
  ).rejects.toMatchObject({
    code: '42P05',
  })
})

test('a renewed certificate is shown after a reload, and open sessions live on', async () => {
  const { address, ports, paths } = pooled.input.member
  const shownSerial = () =>
    new Promise<string>((resolve, reject) => {
      // a TLS request of the PostgreSQL protocol, then the handshake
      const request = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
      import('node:net').then(({ connect }) => {
        const plain = connect(ports.pooler, address, () => plain.write(request))
        plain.once('error', reject)
        plain.once('data', () => {
          const ca = readFileSync(`${paths.tls}/ca.crt`)
          const socket = tlsConnect({ socket: plain, ca, host: address }, () => {
            resolve(socket.getPeerCertificate().serialNumber)
            socket.destroy()
          })
          socket.once('error', reject)
        })
      }, reject)
    })
  await using open = await pooled.connect('app', 'stock')
  const before = await shownSerial()
  await pooled.cluster.furnish(pooled.input.member)
  await using console = await pooled.console()
  await console.query('RELOAD')
  await eventually('the new certificate', async () => ((await shownSerial()) === before ? undefined : true))
  expect((await open.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  expect(await pooled.login('app', 'stock')).toBe('app')
})

test(
  '1000 idle clients hold, over no more sessions than were given to the pool',
  { timeout: 240_000 },
  async () => {
    const open: pg.Client[] = []
    try {
      while (open.length < clients) {
        const batch = Array.from({ length: 25 }, () => pooled.connect('app', 'stock'))
        open.push(...(await Promise.all(batch)))
      }
      for (const client of [open[0], open[500], open.at(-1)])
        expect((await client?.query('select 1 as one'))?.rows).toEqual([{ one: 1 }])
      const answers = await Promise.all(
        open.slice(0, 100).map((client) => client.query('select pg_sleep(0.01)')),
      )
      expect(answers).toHaveLength(100)
      await using console = await pooled.console()
      const { rows } = await console.query<{ list: string; items: number }>('SHOW LISTS')
      expect(Number(rows.find(({ list }) => list === 'used_clients')?.items)).toBeGreaterThanOrEqual(clients)
      const sessions = await (
        await pooled.objects.admin()
      ).query<{ n: number }>(
        "select count(*)::int as n from pg_stat_activity where datname = 'stock' and usename <> 'postgres'",
      )
      expect(sessions.rows[0]?.n).toBeLessThanOrEqual(12)
    } finally {
      await Promise.all(open.map((client) => client.end()))
    }
  },
)
