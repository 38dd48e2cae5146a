import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@pgherd/testbed/herd.ts'
import { expect, test } from 'vitest'
import { serversOf, type Member } from '../../topology/topology.ts'
import { RenderedCluster } from '../rendered-cluster.testkit.ts'
import { haproxy } from './component.ts'
import { runtimeSocket } from './haproxy-cfg.ts'
import { ScriptedMember, type Says } from './scripted-member.testkit.ts'

const testdata = new URL('./testdata/', import.meta.url).pathname

test.each(['three', 'ipv6'])('HAProxy itself accepts the golden file of %s', async (name) => {
  await using cluster = await RenderedCluster.create()
  const input = cluster.input('gateway')
  const { paths } = input.member
  for (const file of readdirSync(testdata).filter((each) => each.startsWith(`${name}.`))) {
    const text = readFileSync(join(testdata, file), 'utf8')
      .replaceAll('/srv/pgherd/state', paths.state)
      .replaceAll('/run/pgherd', paths.sockets)
    writeFileSync(join(paths.config, file.slice(name.length + 1)), text)
  }
  for (const file of haproxy.files(input)) {
    const [program, ...argv] = haproxy.validator?.(file, input) ?? []
    if (program === undefined) continue
    expect(execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).not.toMatch(
      /WARNING|ALERT/,
    )
  }
})

/** A session through the router: who answered it, and whether it is still open. */
class Session {
  readonly #socket: Socket
  #heard = ''
  open = true

  constructor(gateway: Member, port: number) {
    this.#socket = createConnection({ host: gateway.address, port })
    this.#socket.setEncoding('utf8').on('data', (text: string) => (this.#heard += text))
    this.#socket.on('error', () => undefined)
    this.#socket.once('close', () => (this.open = false))
    // as PostgreSQL clients do: they speak first
    this.#socket.write('hello\n')
  }

  get served(): string | undefined {
    return /^(\w+)\n/.exec(this.#heard)?.[1]
  }

  by(): Promise<string> {
    return eventually('a server for the session', () => this.served)
  }

  /** True when the server still echoes. */
  async alive(): Promise<boolean> {
    const before = this.#heard.length
    this.#socket.write('more\n')
    await sleep(300)
    return this.#heard.length > before
  }

  end(): void {
    this.#socket.destroy()
  }
}

/** A router of three scripted members. */
async function router(says: readonly Says[], wrongCertificate = false) {
  const stack = new AsyncDisposableStack()
  const cluster = stack.use(await RenderedCluster.create())
  const servers = serversOf(cluster.topology)
  const members: ScriptedMember[] = []
  for (const [index, server] of servers.entries()) {
    const other = wrongCertificate && index === 0 ? servers[1] : server
    const member = stack.use(await ScriptedMember.start(server, other))
    member.says = says[index] ?? 'down'
    members.push(member)
  }
  const input = cluster.input('gateway')
  for (const file of haproxy.files(input)) cluster.write(file)
  const [unit] = haproxy.units(input)
  if (!unit) throw new Error('no unit')
  const process = cluster.start('gateway', unit)
  const gateway = input.member
  const session = (kind: 'write' | 'read') => {
    const made = new Session(gateway, gateway.ports[kind])
    stack.defer(() => made.end())
    return made
  }
  await eventually('haproxy', async () => (await page(gateway, '/;csv')).status === 200 || undefined)
  return {
    process,
    members,
    gateway,
    session,
    say: (...said: readonly Says[]) =>
      said.forEach((each, index) => {
        const member = members[index]
        if (member) member.says = each
      }),
    log: () => cluster.log('gateway', 'haproxy'),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function page(gateway: Member, path: string, auth = 'pgherd:haproxy-statistics-password') {
  const { address, ports, paths } = gateway
  const asked = request({
    host: address,
    port: ports.statistics,
    path,
    auth,
    ca: readFileSync(`${paths.tls}/ca.crt`),
    agent: false,
  })
  asked.end()
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return { status: response.statusCode, text }
}

test('writes go to the primary, reads to a standby that is not behind, and to the primary when there is none', async () => {
  await using routed = await router(['standby', 'primary', 'lagging'])
  expect(await routed.session('write').by()).toBe('pg2')
  const reader = routed.session('read')
  expect(await reader.by()).toBe('pg1')
  // It falls behind: its sessions end, and new ones go to the only one left.
  routed.say('lagging', 'primary', 'lagging')
  await eventually('the end of the stale session', () => !reader.open || undefined)
  expect(await routed.session('read').by()).toBe('pg2')
  routed.say('lagging', 'primary', 'standby')
  await eventually('reads from pg3', async () =>
    (await routed.session('read').by()) === 'pg3' ? true : undefined,
  )
})

test('a switchover cuts the writers of the old primary, and none of the readers of the new one', async () => {
  await using routed = await router(['primary', 'standby', 'down'])
  const [writer, reader] = [routed.session('write'), routed.session('read')]
  expect([await writer.by(), await reader.by()]).toEqual(['pg1', 'pg2'])
  routed.say('down', 'primary', 'down')
  await eventually('the end of the old session', () => !writer.open || undefined)
  expect(await routed.session('write').by()).toBe('pg2')
  routed.say('standby', 'primary', 'down')
  await eventually('reads from the former primary', async () =>
    (await routed.session('read').by()) === 'pg1' ? true : undefined,
  )
  expect(await reader.alive()).toBe(true)
})

test('a session waits while nobody is primary, or two say they are, and is never sent to a standby', async () => {
  await using routed = await router(['standby', 'standby', 'standby'])
  const early = routed.session('write')
  await sleep(1500)
  expect([early.open, early.served]).toEqual([true, undefined])
  // the lock alone is not enough: a write would be refused until PostgreSQL is promoted
  routed.say('standby', 'promoting', 'standby')
  await sleep(1500)
  expect([early.open, early.served]).toEqual([true, undefined])
  routed.say('standby', 'primary', 'standby')
  expect(await early.by()).toBe('pg2')
  routed.say('standby', 'primary', 'primary')
  await sleep(1000)
  const doubtful = routed.session('write')
  await sleep(1000)
  expect([doubtful.open, doubtful.served]).toEqual([true, undefined])
  routed.say('standby', 'standby', 'primary')
  expect(await doubtful.by()).toBe('pg3')
})

test('a session waits while PostgreSQL of the primary refuses, until another one takes over', async () => {
  await using routed = await router(['primary', 'standby', 'standby'])
  expect(await routed.session('write').by()).toBe('pg1')
  await routed.members[0]?.losePostgres()
  const held = routed.session('write')
  await sleep(2000)
  expect([held.open, held.served]).toEqual([true, undefined])
  routed.say('standby', 'standby', 'primary')
  expect(await held.by()).toBe('pg3')
  expect(routed.log()).not.toMatch(/lua/i)
})

test('a member that no longer answers loses its sessions, and one with the certificate of another gets none', async () => {
  await using routed = await router(['primary', 'primary', 'standby'], true)
  // pg1 shows the certificate of pg2, so only one primary counts
  const writer = routed.session('write')
  expect(await writer.by()).toBe('pg2')
  routed.say('primary', 'silent', 'standby')
  await eventually('the end of the session', () => !writer.open || undefined)
})

test('a reload by SIGHUP keeps the master and every session, and no new session is sent blindly', async () => {
  await using routed = await router(['standby', 'standby', 'primary'])
  const before = routed.session('write')
  expect(await before.by()).toBe('pg3')
  for (let round = 0; round < 3; round++) {
    routed.process.kill('SIGHUP')
    const sessions: Session[] = []
    for (let each = 0; each < 20; each++) {
      sessions.push(routed.session('write'))
      await sleep(20)
    }
    for (const session of sessions) expect(await session.by()).toBe('pg3')
  }
  expect(await before.alive()).toBe(true)
  expect(routed.process.exitCode).toBeNull()
  expect(routed.log()).toMatch(/New worker/)
})

test('sessions held by the old process after a reload go where the new one says, not where they would have gone', async () => {
  await using routed = await router(['down', 'lagging', 'down'])
  await eventually('the end of pg1 and pg3', async () => {
    const { text } = await page(routed.gateway, '/;csv')
    return /^primary,pg1,.*,DOWN,/m.test(text) && /^primary,pg3,.*,DOWN,/m.test(text) ? true : undefined
  })
  const held = [routed.session('write'), routed.session('read')]
  await sleep(500)
  routed.process.kill('SIGHUP')
  await eventually('the reload', () => (routed.log().includes('Proxy write stopped') ? true : undefined))
  expect(held.map(({ served }) => served)).toEqual([undefined, undefined])
  routed.say('standby', 'lagging', 'primary')
  expect(await Promise.all(held.map((session) => session.by()))).toEqual(['pg3', 'pg1'])
  expect(held.map(({ open }) => open)).toEqual([true, true])
})

test('statistics and metrics need the password, over TLS; the runtime interface is in the directory of sockets', async () => {
  await using routed = await router(['primary', 'standby', 'standby'])
  for (const path of ['/', '/;csv', '/metrics']) {
    expect((await page(routed.gateway, path, 'pgherd:wrong')).status).toBe(401)
    expect((await page(routed.gateway, path)).status).toBe(200)
  }
  expect((await page(routed.gateway, '/;csv')).text).toMatch(/^primary,pg1,/m)
  expect((await page(routed.gateway, '/metrics')).text).toContain(
    'haproxy_server_status{proxy="standbys",server="pg3"',
  )
  const runtime = createConnection(runtimeSocket(routed.gateway))
  runtime.write('show servers state primary\n')
  const [answer] = (await once(runtime, 'data')) as [Buffer]
  expect(answer.toString()).toContain('pg3')
  runtime.destroy()
})
