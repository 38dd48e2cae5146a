import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@pgherd/testbed/free-port.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certificateFiles } from '../../pki/certificate-files.ts'
import { ensureCertificates } from '../../pki/ensure.ts'
import { httpParts } from '../testing/http-parts.testkit.ts'
import { httpServer, listen } from './server.ts'

let directory: string
let port: number
let ca: string
let app: FastifyInstance

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'agent-tls-'))
  const runAs = { ...unprivilegedAccount(), home: '/' }
  await ensureCertificates({
    name: 'server',
    directory,
    hosts: ['localhost', '127.0.0.1'],
    lifetimeSeconds: 86_400,
    renewBeforeSeconds: 3600,
    runAs,
    now: new Date(),
  })
  const files = certificateFiles(directory)
  ca = readFileSync(files.ca, 'utf8')
  port = await freePort('0.0.0.0')
  const options = {
    address: '0.0.0.0',
    port,
    names: ['db.example.org'],
    tls: { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') },
  }
  app = await httpServer(httpParts(), options)
  await listen(app, options)
})
afterAll(async () => {
  await app.close()
  rmSync(directory, { recursive: true })
})

function get(
  path: string,
  headers: Record<string, string> = {},
  tls: object = {},
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, ca, agent: false, ...tls }, (response) => {
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('beyond loopback health alone is open, everything else needs the token', async () => {
  expect((await get('/health')).status).toBe(200)
  expect((await get('/metrics')).status).toBe(401)
  expect((await get('/api/v1/status')).status).toBe(401)
  expect((await get('/api/v1/status', { authorization: 'Bearer wrong' })).status).toBe(401)
  const answer = await get('/api/v1/status', { authorization: 'Bearer the-right-token' })
  expect(answer.status).toBe(200)
  expect(answer.headers['strict-transport-security']).toContain('max-age')
})

test('the Host header is checked there as well, with the names of the spec', async () => {
  expect((await get('/health', { host: 'db.example.org' }, { servername: 'localhost' })).status).toBe(200)
  expect((await get('/health', { host: 'evil.example' }, { servername: 'localhost' })).status).toBe(421)
})

test('TLS 1.2 and clear text are refused', async () => {
  await expect(get('/health', {}, { maxVersion: 'TLSv1.2' })).rejects.toThrow()
  const answer = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    )
    socket.on('data', (data) => (text += data.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })
  expect(answer).not.toContain('200 OK')
})

test('a renewed certificate is served without a restart', async () => {
  const server = app.server as unknown as { setSecureContext: (options: object) => void }
  const other = mkdtempSync(join(tmpdir(), 'agent-tls-'))
  const runAs = { ...unprivilegedAccount(), home: '/' }
  await ensureCertificates({
    name: 'server',
    directory: other,
    hosts: ['localhost', '127.0.0.1'],
    lifetimeSeconds: 86_400,
    renewBeforeSeconds: 3600,
    runAs,
    now: new Date(),
  })
  const files = certificateFiles(other)
  server.setSecureContext({
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
    minVersion: 'TLSv1.3',
  })
  await expect(get('/health')).rejects.toThrow()
  expect((await get('/health', {}, { ca: readFileSync(files.ca, 'utf8') })).status).toBe(200)
  rmSync(other, { recursive: true })
})
