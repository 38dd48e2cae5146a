import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { Herd, eventually, herdSpec } from '@pgherd/testbed/herd.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Certificates as a user has them made elsewhere: by openssl, knowing nothing of pgherd. */
class OwnAuthority {
  readonly directory: string

  constructor(directory: string) {
    mkdirSync(directory)
    this.directory = directory
    this.#openssl(
      'req',
      '-x509',
      ...this.#newKey('ca'),
      '-out',
      'ca.crt',
      '-days',
      '30',
      '-subj',
      '/CN=The CA of the tests',
    )
  }

  issue(name: string, hosts = 'DNS:localhost,IP:127.0.0.1', days = 60): void {
    writeFileSync(join(this.directory, 'hosts.cnf'), `subjectAltName=${hosts}\n`)
    this.#openssl('req', '-new', ...this.#newKey(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    this.#openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      'hosts.cnf',
      '-out',
      `${name}.crt`,
    )
  }

  #newKey(name: string): readonly string[] {
    return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.directory, stdio: ['ignore', 'ignore', 'pipe'] })
  }
}

const specWith = (cert: string, key = cert) =>
  `${herdSpec}tls: { certificate: { cert: own/${cert}.crt, key: own/${key}.key, ca: own/ca.crt } }\n`

/** The certificate the server shows to a new client, after PostgreSQL's SSLRequest (protocol-message-formats). */
function shown(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connectPlain(port, '127.0.0.1', () =>
      socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])),
    )
    socket.once('error', reject)
    socket.once('data', () => {
      const secure = connectTls({ socket, rejectUnauthorized: false }, () => {
        resolve(new X509Certificate(secure.getPeerCertificate().raw))
        secure.destroy()
      })
      secure.once('error', reject)
    })
  })
}

const up = async (herd: Herd) => {
  const run = await herd.run('up', '--yes', '--no-prove', '--json')
  return {
    exit: run.code,
    codes: run.json<{ diagnostics?: { code: string }[] }>().diagnostics?.map(({ code }) => code) ?? [],
  }
}

describe('a certificate of one’s own', () => {
  let herd: Herd
  beforeAll(async () => {
    herd = await Herd.create()
    const own = new OwnAuthority(join(herd.directory, 'own'))
    own.issue('good')
    own.issue('renewed')
    own.issue('ended', undefined, -1)
    own.issue('elsewhere', 'DNS:db.example.org')
    writeFileSync(
      join(own.directory, 'broken.crt'),
      '-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n',
    )
    copyFileSync(join(own.directory, 'good.key'), join(own.directory, 'broken.key'))
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  const bad: readonly [string, string, string, string][] = [
    ['expired', 'ended', 'ended', 'CERT_EXPIRED'],
    ['for another host', 'elsewhere', 'elsewhere', 'CERT_HOST_MISMATCH'],
    ['with the key of another one', 'good', 'renewed', 'CERT_KEY_MISMATCH'],
    ['unreadable', 'broken', 'broken', 'CERT_UNREADABLE'],
    ['missing', 'nowhere', 'good', 'CERT_MISSING'],
    ['without its key', 'good', 'nowhere', 'CERT_UNREADABLE'],
  ]

  test('that its user may not read is refused with how to mend it', async () => {
    const { uid, gid } = unprivilegedAccount()
    await using other = await Herd.create({ uid, gid })
    const own = new OwnAuthority(join(other.directory, 'own'))
    own.issue('good')
    // root reads everything; an ordinary user reads no file of root's, nor his own without the right to
    chmodSync(join(own.directory, 'good.key'), process.getuid?.() === 0 ? 0o600 : 0o000)
    other.writeSpec(specWith('good'))
    const run = await other.run('up', '--yes', '--no-prove', '--json')
    expect(run.code).toBe(3)
    expect(run.json()).toMatchObject({
      diagnostics: [{ code: 'CERT_UNREADABLE', detail: expect.stringContaining('good.key') as string }],
    })
    expect(existsSync(join(other.state, 'data'))).toBe(false)
  })

  test.each(bad)('that is %s is refused before anything is made', async (_, cert, key, code) => {
    herd.writeSpec(specWith(cert, key))
    expect(await up(herd)).toEqual({ exit: 3, codes: [code] })
    expect(existsSync(join(herd.state, 'data'))).toBe(false)
    expect(existsSync(join(herd.state, 'tls'))).toBe(false)
    expect(herd.processes()).toEqual([])
  })

  test('that is good serves clients that verify it and the host', async () => {
    herd.writeSpec(specWith('good'))
    await herd.up()
    expect(
      await herd.query('app', 'select ssl, version from pg_stat_ssl where pid = pg_backend_pid()'),
    ).toMatchObject({ rows: [{ ssl: true, version: 'TLSv1.3' }] })
    const { url } = await herd.url('app')
    expect(new URL(url).searchParams.get('sslmode')).toBe('verify-full')
    const psql = execFileSync('psql', ['--no-psqlrc', '-At', '-c', 'select 1'], {
      env: { PATH: process.env['PATH'], ...variables(url) },
      encoding: 'utf8',
    })
    expect(psql).toBe('1\n')
    expect((await shown(herd.ports.postgres)).subject).toBe('CN=good')
    expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
    // openssl made its key 0600 for whoever runs this: as root, the agent cannot read it any more
    const { jobs } = await eventually('the look at the certificates', async () => {
      const answer = await fetch(`http://127.0.0.1:${herd.ports.agent}/api/v1/jobs`)
      const document = (await answer.json()) as { jobs: { kind: string; state: string; summary: string }[] }
      return document.jobs.some(
        ({ kind, state }) => kind === 'certificates' && state !== 'running' && state !== 'queued',
      )
        ? document
        : undefined
    })
    const looked = jobs.find(({ kind }) => kind === 'certificates')
    expect(looked).toMatchObject({
      state: 'done',
      summary: expect.stringContaining('is good until') as string,
    })
    if (process.getuid?.() === 0) expect(looked?.summary).toContain('pgherd up installs the next one')
    const { findings } = (await herd.run('status', '--json')).json<{ findings: { code: string }[] }>()
    expect(findings.map(({ code }) => code)).not.toContain('JOB_FAILING')
  })

  test.each(bad)(
    'that is %s does not take the place of a good one, whose sessions go on',
    async (_, cert, key, code) => {
      const session = await herd.connect('app')
      herd.writeSpec(specWith(cert, key))
      expect(await up(herd)).toEqual({ exit: 3, codes: [code] })
      expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }])
      await session.end()
      expect((await shown(herd.ports.postgres)).subject).toBe('CN=good')
    },
  )

  test('that is replaced is taken by the next up: new sessions see it, old ones go on', async () => {
    herd.writeSpec(specWith('renewed'))
    const session = await herd.connect('app')
    const postmaster = herd.postmaster()
    await herd.up()
    await eventually('the new certificate', async () =>
      (await shown(herd.ports.postgres)).subject === 'CN=renewed' ? true : undefined,
    )
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await session.end()
    expect(herd.postmaster()).toBe(postmaster)
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})

/** What libpq reads from the environment, so that no password is in an argument. */
function variables(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: searchParams.get('sslrootcert') ?? '',
  }
}

describe('a certificate of pgherd’s own', () => {
  let herd: Herd
  const specFor = (lifetime: string, renewBefore: string) =>
    `${herdSpec}tls: { lifetime: ${lifetime}, renewBefore: ${renewBefore} }\n`
  beforeAll(async () => {
    // due again some seconds after it was made
    herd = await Herd.create({ spec: specFor('2h', `${2 * 3600 - 5}s`) })
    await herd.up()
  })
  afterAll(async () => herd[Symbol.asyncDispose]())

  test('is renewed by the agent alone, without a restart and without cutting off a session', async () => {
    const before = await shown(herd.ports.postgres)
    const session = await herd.connect('app')
    const postmaster = herd.postmaster()
    await sleep(5000)
    // the agent looks when it starts, and every hour
    const agent = herd.processes().find(({ command }) => command.includes('agent.json'))
    process.kill(agent?.pid ?? 0, 'SIGKILL')
    await eventually('the new certificate', async () =>
      (await shown(herd.ports.postgres)).serialNumber === before.serialNumber ? undefined : true,
    )
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await session.end()
    expect(herd.postmaster()).toBe(postmaster)
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('is renewed by up near its end, without a restart and without cutting off a session', async () => {
    const before = await shown(herd.ports.postgres)
    expect(Date.parse(before.validTo) - Date.now()).toBeLessThan(2 * 3600_000)
    const session = await herd.connect('app')
    const postmaster = herd.postmaster()
    // two hours are now "near the end"
    herd.writeSpec(specFor('1d', '3h'))
    await herd.up()
    const after = await eventually('the new certificate', async () => {
      const now = await shown(herd.ports.postgres)
      return now.serialNumber === before.serialNumber ? undefined : now
    })
    expect(Date.parse(after.validTo) - Date.now()).toBeGreaterThan(20 * 3600_000)
    expect((await session.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await session.end()
    expect(herd.postmaster()).toBe(postmaster)
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('cannot be renewed without the key of the CA: that is told, no other CA is made, and the old one goes on', async () => {
    const { tls } = { tls: join(herd.state, 'tls') }
    const ca = readFileSync(join(tls, 'ca.crt'), 'utf8')
    const key = readFileSync(join(tls, 'ca.key'))
    rmSync(join(tls, 'ca.key'))
    herd.writeSpec(specFor('3d', '2d'))
    const run = await up(herd)
    expect(run.codes).toEqual(['CA_UNUSABLE'])
    expect(run.exit).toBeGreaterThan(1)
    expect(readFileSync(join(tls, 'ca.crt'), 'utf8')).toBe(ca)
    expect((await herd.query('app', 'select 1 as one')).rows).toEqual([{ one: 1 }])
    writeFileSync(join(tls, 'ca.key'), key)
    chmodSync(join(tls, 'ca.key'), 0o600)
    await herd.up()
    expect((await herd.run('plan', '--json')).json()).toMatchObject({ steps: [] })
  })
})
