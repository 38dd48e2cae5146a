import { connect, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Herd, eventually } from '@pgherd/testbed/herd.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

/*
 * What agent/http/hostile.int.test.ts shows of the HTTP interface by itself, against an agent as it runs: what matters
 * here is that secrets stay where they are, and that nothing a caller sends keeps it from archiving.
 */
let herd: Herd
let agent: number
const address = (path: string) => `http://127.0.0.1:${herd.ports.agent}${path}`
const agentPid = () => herd.processes().find(({ command }) => command.includes('agent.json'))?.pid ?? 0

beforeAll(async () => {
  herd = await Herd.create()
  await herd.up()
  agent = agentPid()
})
afterAll(async () => herd[Symbol.asyncDispose]())

/** Sends bytes as they are and gives what comes back until the agent hangs up, or what there is after some seconds. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(herd.ports.agent, '127.0.0.1', () => socket.write(bytes))
    let answer = ''
    const timer = setTimeout(() => socket.destroy(), 8000)
    socket.on('data', (data) => (answer += data.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}

async function unharmed(): Promise<void> {
  expect((await fetch(address('/health'))).status).toBe(200)
  expect(agentPid()).toBe(agent)
  const lsn = await herd.admin('select pg_current_wal_insert_lsn()')
  await eventually('the archive', async () =>
    (await herd.admin(`select coalesce(max(flush_lsn) >= '${lsn}', false) from pg_stat_replication`)) === 't'
      ? true
      : undefined,
  )
}

test.each([
  'GET /../../secrets/agent-token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'GET /%2e%2e/%2e%2e/secrets/backup-key HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'GET /api/v1/jobs/..%2f..%2fsecrets%2fagent-token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'GET /api/v1/status HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n',
  'POST /api/v1/backups HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n',
  `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
])('%j is refused and tells nothing', async (bytes) => {
  const answer = await raw(bytes)
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
  for (const secret of ['agent-token', 'backup-key', 'role-app']) {
    expect(answer).not.toContain(readFileSync(`${herd.state}/secrets/${secret}`, 'utf8').trim())
  }
  expect(answer).not.toMatch(/node_modules|\.ts:\d/)
})

test('nobody starts a backup without the token, whatever else they send', async () => {
  const token = herd.token()
  const attempts: RequestInit[] = [
    {},
    { headers: { authorization: `Bearer ${token}x` } },
    { headers: { authorization: `Bearer ${token.slice(0, -1)}` } },
    { headers: { authorization: `Basic ${btoa(`admin:${token}`)}` } },
    { headers: { cookie: `token=${token}` } },
  ]
  for (const attempt of attempts)
    expect((await fetch(address('/api/v1/backups'), { method: 'POST', ...attempt })).status).toBe(401)
  const { jobs } = (await (await fetch(address('/api/v1/jobs'))).json()) as { jobs: { kind: string }[] }
  expect(jobs.filter(({ kind }) => kind === 'backup')).toEqual([])
  expect(herd.logs()).not.toContain(token)
  await unharmed()
})

test('a crowd of silent and of shouting callers does not keep the agent from its work', async () => {
  const sockets: Socket[] = []
  for (let index = 0; index < 400; index++) {
    const socket = connect(herd.ports.agent, '127.0.0.1', () =>
      socket.write(index % 2 ? 'GET /health HT' : 'x'.repeat(70_000)),
    )
    socket.on('error', () => undefined)
    socket.resume()
    sockets.push(socket)
  }
  await sleep(500)
  await herd.query('app', 'create table written_meanwhile as select generate_series(1, 10000) as id')
  await unharmed()
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${agent}/status`, 'utf8'))?.[1]
  expect(Number(resident) / 1024).toBeLessThan(160)
  for (const socket of sockets) socket.destroy()
  await unharmed()
})
