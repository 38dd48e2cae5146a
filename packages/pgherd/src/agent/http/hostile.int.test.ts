import { connect, type Socket } from 'node:net'
import { freePort } from '@pgherd/testbed/free-port.ts'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { httpParts } from '../testing/http-parts.testkit.ts'
import { quietLog } from '../testing/quiet-log.testkit.ts'
import { httpServer, listen } from './server.ts'

const right = { authorization: 'Bearer the-right-token' }
let app: FastifyInstance
let port: number
let base: string

beforeAll(async () => {
  port = await freePort()
  base = `http://127.0.0.1:${port}`
  const options = { address: '127.0.0.1', port, names: [] }
  app = await httpServer(httpParts(), options)
  await listen(app, options)
})
afterAll(() => app.close())

/** Sends bytes as they are and gives all that comes back until the server hangs up. */
function raw(bytes: string, patienceMs = 8000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    let answer = ''
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the server kept the connection open; it had said: ${answer}`))
    }, patienceMs)
    socket.on('data', (data) => (answer += data.toString()))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(answer)
    })
  })
}

async function alive(): Promise<void> {
  const started = performance.now()
  const response = await fetch(`${base}/health`)
  expect(response.status).toBe(200)
  expect(performance.now() - started).toBeLessThan(2000)
}

async function expectFinding(response: Response, status: number, code: string): Promise<void> {
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toContain('application/json')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  const text = await response.text()
  const { findings } = JSON.parse(text) as { findings: { code: string; mend: object }[] }
  expect(findings.map((each) => each.code)).toEqual([code])
  expect(findings[0]?.mend).toBeDefined()
  expect(text).not.toMatch(/node_modules|\.ts:\d|the-right-token/)
}

describe('requests that are refused', () => {
  test.each(['evil.example', `evil.example:80`, 'localhost.evil.example', '169.254.169.254'])(
    'Host %s',
    async (host) => {
      const answer = await raw(`GET /api/v1/status HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.1 421 /)
      expect(answer).toContain('HTTP_WRONG_HOST')
      expect(answer).not.toContain('"members"')
    },
  )

  test('no Host, two Hosts, an absolute address of another host', async () => {
    expect(await raw('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(
      await raw('GET /health HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 4/)
    expect(
      await raw('GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 4/)
  })

  test.each<[string, Record<string, string>]>([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer the-wrong-token' }],
    ['the right one with more behind', { authorization: 'Bearer the-right-token2' }],
    ['basic', { authorization: `Basic ${btoa('x:the-right-token')}` }],
    ['in the address', {}],
  ])('a write with a token: %s', async (about, headers) => {
    const response = await fetch(
      `${base}/api/v1/backups${about === 'in the address' ? '?token=the-right-token' : ''}`,
      { method: 'POST', headers },
    )
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    await expectFinding(response, 401, 'HTTP_TOKEN_NEEDED')
  })

  test('a body that is no JSON, and one that is too large', async () => {
    const json = { ...right, 'content-type': 'application/json' }
    await expectFinding(
      await fetch(`${base}/api/v1/backups`, { method: 'POST', headers: json, body: '{"a":' }),
      400,
      'HTTP_BAD_REQUEST',
    )
    await expectFinding(
      await fetch(`${base}/api/v1/backups`, {
        method: 'POST',
        headers: json,
        body: `"${'x'.repeat(20_000)}"`,
      }),
      413,
      'HTTP_BAD_REQUEST',
    )
    await expectFinding(
      await fetch(`${base}/api/v1/backups`, {
        method: 'POST',
        headers: { ...right, 'content-type': 'text/xml' },
        body: '<a/>',
      }),
      415,
      'HTTP_BAD_REQUEST',
    )
    const poisoned = await fetch(`${base}/api/v1/backups`, {
      method: 'POST',
      headers: json,
      body: '{"__proto__":{"x":1}}',
    })
    await expectFinding(poisoned, 400, 'HTTP_BAD_REQUEST')
  })

  test.each([
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/api/v1/jobs/..%2f..%2f..%2fetc%2fpasswd',
    '/api/v1/jobs/%00',
    '/api/v1/../../secrets/agent-token',
    '//evil.example/health',
    '/health/',
    '/HEALTH',
    '/api/v1/jobs/LONG',
  ])('GET %s', async (name) => {
    const path = name.replace('LONG', 'x'.repeat(3000))
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 4(04|00|14|21) /)
    expect(answer).toContain('"findings"')
    expect(answer).toContain('nosniff')
    expect(answer).not.toContain('root:')
  })

  test('a broken escape in the address', async () => {
    expect(await raw('GET /%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 /,
    )
  })

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT'])('%s', async (method) => {
    const answer = await raw(`${method} /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/)
  })

  test('headers that are too large, or too many', async () => {
    const large = await raw(
      `GET /health HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`,
    )
    expect(large).toMatch(/^HTTP\/1\.1 431 /)
    expect(large).toContain('"findings"')
    const many = Array.from({ length: 3000 }, (_, index) => `x-${index}: 1`).join('\r\n')
    expect(await raw(`GET /health HTTP/1.1\r\nHost: localhost\r\n${many}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
    await alive()
  })

  test.each([
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'],
    ['no protocol', 'hello\r\n\r\n'],
    ['a wrong length', 'POST /api/v1/backups HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n'],
    [
      'two lengths',
      'POST /api/v1/backups HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a line feed in a header', 'GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\nb: c\r\n\r\n'],
  ])('%s', async (_, bytes) => {
    expect(await raw(bytes)).toMatch(/^HTTP\/1\.1 400 /)
    await alive()
  })

  test('pipelined requests are answered in order, and garbage behind them ends the connection', async () => {
    const good = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'
    const last = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    expect((await raw(`${good}${good}${last}`)).match(/HTTP\/1\.1 200 /g)).toHaveLength(3)
    const answer = await raw(`${good}${good}\x00\x01garbage\r\n\r\n${good}`)
    expect(answer).toContain('HTTP/1.1 400 ')
    await alive()
  })
})

test('hundreds of half-open connections keep nobody else out, and are cut in the end', async () => {
  const sockets: Socket[] = []
  let closed = 0
  for (let index = 0; index < 600; index++) {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /health HTTP/1.1\r\nHost: local'))
    socket.on('error', () => undefined)
    socket.on('close', () => closed++)
    socket.resume()
    sockets.push(socket)
  }
  await expect.poll(() => closed, { timeout: 9000, interval: 100 }).toBeGreaterThan(300)
  await alive()
  await expect.poll(() => closed, { timeout: 9000, interval: 200 }).toBe(600)
  for (const socket of sockets) socket.destroy()
})

test('a request that trickles in is cut off', async () => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  let ended = false
  socket.on('close', () => (ended = true))
  socket.resume()
  socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n')
  const drip = setInterval(() => socket.write('x: y\r\n'), 300)
  await expect.poll(() => ended, { timeout: 9000, interval: 100 }).toBe(true)
  clearInterval(drip)
})

test('a caller who asks too often is told to wait, and health has a bound of its own', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 150 }, async () => (await fetch(`${base}/api/v1/members`)).status),
  )
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(80)
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0)
  await alive()
})

test('an unexpected error is logged and told without its text', async () => {
  const log = quietLog()
  const own = await freePort()
  const options = { address: '127.0.0.1', port: own, names: [] }
  const broken = await httpServer(
    httpParts({ log, backups: () => Promise.reject(new Error('secret detail')) }),
    options,
  )
  await listen(broken, options)
  const response = await fetch(`http://127.0.0.1:${own}/api/v1/backups`)
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret detail')
  expect(log.messages).toHaveLength(1)
  await broken.close()
})
