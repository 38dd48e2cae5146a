import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import pg from 'pg'
import { expect, test } from 'vitest'
import { ThrowawayServer } from '../../../testbed/src/throwaway-server.ts'
import { unprivilegedAccount } from '../../../testbed/src/unprivileged.ts'
import { certificateFiles } from './certificate-files.ts'
import { ensureCertificates, type EnsureRequest } from './ensure.ts'

/** A server that speaks TLS 1.3 only, with a certificate of ours; and what the certificate was made from. */
async function startWithTls(): Promise<{ server: ThrowawayServer; asked: EnsureRequest }> {
  const server = await ThrowawayServer.start({ major: 18, hba: ['host all all 127.0.0.1/32 scram-sha-256'] })
  const account = unprivilegedAccount()
  const directory = join(server.root, 'tls')
  mkdirSync(directory, { mode: 0o755 })
  chmodSync(directory, 0o755)
  if (process.getuid?.() === 0) chownSync(directory, account.uid, account.gid)
  const asked: EnsureRequest = {
    name: 'server',
    directory,
    hosts: ['localhost', '127.0.0.1'],
    lifetimeSeconds: 90 * 86_400,
    renewBeforeSeconds: 30 * 86_400,
    runAs: { ...account, home: '/' },
    now: new Date(),
  }
  await ensureCertificates(asked)
  const files = certificateFiles(directory)
  const settings = {
    ssl_cert_file: files.cert,
    ssl_key_file: files.key,
    ssl_min_protocol_version: 'TLSv1.3',
    ssl: 'on',
  }
  for (const [name, value] of Object.entries(settings))
    await server.query(`alter system set ${name} = '${value}'`)
  await server.query('select pg_reload_conf()')
  await answersTls(server)
  return { server, asked }
}

async function answersTls(server: ThrowawayServer): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { rows } = await server.query("select setting from pg_settings where name = 'ssl'")
    if ((rows[0] as { setting: string }).setting === 'on') return
  }
  throw new Error('the server did not turn TLS on')
}

const connect = async (
  server: ThrowawayServer,
  ca: string,
  host = 'localhost',
  more: tls.ConnectionOptions = {},
) => {
  const client = new pg.Client({ ...server.config(), host, ssl: { ca: readFileSync(ca), ...more } })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
const serialOf = (client: pg.Client): string =>
  (client as unknown as { connection: { stream: tls.TLSSocket } }).connection.stream.getPeerCertificate()
    .serialNumber

test('psql and Node verify the server in full, and it speaks TLS 1.3 only', async () => {
  const { server, asked } = await startWithTls()
  await using _server = server
  const { ca } = certificateFiles(asked.directory)
  const { password } = server.config()
  const psql = (host: string, root: string) =>
    execFileSync(
      'psql',
      [
        '-XAtc',
        "select version || ' ' || ssl from pg_stat_ssl where pid = pg_backend_pid()",
        `host=${host} port=${server.port} user=postgres dbname=postgres sslmode=verify-full sslrootcert=${root}`,
      ],
      {
        encoding: 'utf8',
        env: { ...process.env, PGPASSWORD: String(password) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    ).trim()
  expect(psql('localhost', ca)).toBe('TLSv1.3 true')
  expect(psql('127.0.0.1', ca)).toBe('TLSv1.3 true')
  // a name the certificate is not for: same address, refused
  expect(() => psql('ip6-localhost hostaddr=127.0.0.1', ca)).toThrow(/does not match host name/)

  const client = await connect(server, ca)
  expect((await client.query('select version from pg_stat_ssl where pid = pg_backend_pid()')).rows).toEqual([
    { version: 'TLSv1.3' },
  ])
  await client.end()
  // node-postgres names a host to TLS by itself unless it is an address
  await expect(connect(server, ca, '127.0.0.1', { servername: 'db.example.org' })).rejects.toThrow(/altnames/)
  await expect(connect(server, ca, 'localhost', { maxVersion: 'TLSv1.2' })).rejects.toThrow(
    /protocol version/,
  )
})

test('a renewed certificate is taken over by a reload, and open sessions go on', async () => {
  const { server, asked } = await startWithTls()
  await using _server = server
  const { ca } = certificateFiles(asked.directory)
  const before = await connect(server, ca)
  const old = serialOf(before)
  const { rows } = await before.query('select pg_backend_pid() as pid')

  const renewed = await ensureCertificates({ ...asked, hosts: ['localhost', '127.0.0.1', 'db.internal'] })
  expect(renewed.changed).toBe(true)
  await server.query('select pg_reload_conf()')
  let fresh = ''
  for (let attempt = 0; attempt < 100 && (fresh === '' || fresh === old); attempt++) {
    const client = await connect(server, ca)
    fresh = serialOf(client)
    await client.end()
  }
  expect(fresh).not.toBe(old)
  expect((await before.query('select pg_backend_pid() as pid')).rows).toEqual(rows)
  expect(readFileSync(server.log, 'utf8')).not.toMatch(/could not load|private key/)
  await before.end()
})
