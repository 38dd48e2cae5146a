import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { freePort } from '@pgherd/testbed/free-port.ts'
import { expect, test } from 'vitest'
import type { Row } from '../../checks/check.ts'
import { httpParts, sampleJob, sampleStatus } from '../testing/http-parts.testkit.ts'
import type { HttpParts } from './parts.ts'
import { apiSchemas } from './schemas/registry.ts'
import { httpServer, listen } from './server.ts'

interface Validator {
  compile(schema: object): ((data: unknown) => boolean) & { errors?: unknown }
}
// fastify brings ajv 8; the one at the root belongs to eslint
const fromFastify = createRequire(createRequire(import.meta.url).resolve('@fastify/ajv-compiler'))
const Ajv = fromFastify('ajv') as new (options: object) => Validator
const addFormats = fromFastify('ajv-formats') as (ajv: Validator) => void
const ajv = new Ajv({ allowUnionTypes: true, strictRequired: false })
addFormats(ajv)

function expectSchema(name: string, data: unknown): void {
  const validate = ajv.compile(apiSchemas[name] ?? {})
  expect(validate(data) ? [] : validate.errors).toEqual([])
}

async function serve(change: Partial<HttpParts> = {}) {
  const port = await freePort()
  const options = { address: '127.0.0.1', port, names: [] }
  const app = await httpServer(httpParts(change), options)
  await listen(app, options)
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
    return { status: response.status, headers: response.headers, json: await response.json() }
  }
  return { get, [Symbol.asyncDispose]: () => app.close() }
}

test.each([
  ['/health', 'health'],
  ['/api/v1/status', 'status'],
  ['/api/v1/members', 'members'],
  ['/api/v1/window', 'window'],
  ['/api/v1/backups', 'backups'],
  ['/api/v1/proofs', 'proofs'],
  ['/api/v1/jobs', 'jobs'],
  [`/api/v1/jobs/${sampleJob.id}`, 'job'],
  ['/health/database', 'database-health'],
  ['/health/database/metrics', 'database-metrics'],
])('GET %s answers as its schema says', async (path, schema) => {
  await using server = await serve()
  const { status, json } = await server.get(path)
  expect([200, 503]).toContain(status)
  expectSchema(schema, json)
})

test.each(['frozen', 'down', 'refusing', 'unknown'] as const)(
  '/health is 503 while the server is %s',
  async (state) => {
    await using server = await serve({ server: () => ({ state, silentSeconds: 3, reason: 'because' }) })
    const health = await server.get('/health')
    expect(health.status).toBe(503)
    expect(health.json).toEqual({
      status: 'unhealthy',
      healthy: false,
      checks: { postgres: { state, silentSeconds: 3, reason: 'because' } },
    })
    const database = await server.get('/health/database')
    expect(database.status).toBe(503)
    expectSchema('database-health', database.json)
    const metrics = await server.get('/health/database/metrics')
    expect(metrics.status).toBe(503)
    expectSchema('findings', metrics.json)
  },
)

test('/health/database says what the functions say', async () => {
  const ask = (_: string, text: string): Promise<readonly Row[]> =>
    Promise.resolve(
      text.includes('simple')
        ? [{ status: 'degraded', message: 'one thing' }]
        : [
            {
              check_name: 'connections',
              status: 'degraded',
              value: 0.9,
              threshold: 0.8,
              unit: 'share',
              message: 'many',
              mend: 'fewer',
            },
          ],
    )
  await using server = await serve({ ask })
  const { status, json } = await server.get('/health/database')
  expect(status).toBe(200)
  expectSchema('database-health', json)
  expect(json).toEqual({
    status: 'degraded',
    healthy: true,
    source: 'database',
    message: 'one thing',
    checks: [
      {
        name: 'connections',
        status: 'degraded',
        value: 0.9,
        threshold: 0.8,
        unit: 'share',
        message: 'many',
        mend: 'fewer',
      },
    ],
  })
})

test('without the functions the agent judges by itself', async () => {
  await using server = await serve({ ask: () => Promise.reject(new Error('schema "pgherd" does not exist')) })
  const { status, json } = await server.get('/health/database')
  expect(status).toBe(200)
  expect(json).toMatchObject({ status: 'healthy', source: 'agent' })
})

test('writes start a job, and a second one is told of the first', async () => {
  await using server = await serve()
  const headers = { authorization: 'Bearer the-right-token' }
  const first = await server.get('/api/v1/backups', { method: 'POST', headers })
  expect(first.status).toBe(202)
  expectSchema('accepted', first.json)
  expect(first.headers.get('location')).toBe(`/api/v1/jobs/${sampleJob.id}`)
  const second = await server.get('/api/v1/backups', { method: 'POST', headers })
  expect(second.status).toBe(409)
  expectSchema('findings', second.json)
  const proof = await server.get('/api/v1/proofs', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{}',
  })
  expect(proof.status).toBe(202)
})

test('the OpenAPI description lists every address with its answers', async () => {
  await using server = await serve()
  const { json } = await server.get('/api/v1/openapi.json')
  const { openapi, paths } = json as {
    openapi: string
    paths: Record<string, Record<string, { responses: object }>>
  }
  expect(openapi).toBe('3.1.0')
  expect(Object.keys(paths).toSorted()).toEqual([
    '/api/v1/backups',
    '/api/v1/jobs',
    '/api/v1/jobs/{id}',
    '/api/v1/members',
    '/api/v1/openapi.json',
    '/api/v1/proofs',
    '/api/v1/status',
    '/api/v1/window',
    '/health',
    '/health/database',
    '/health/database/metrics',
    '/metrics',
  ])
  expect(Object.keys(paths['/api/v1/backups']?.['post']?.responses ?? {})).toEqual(['202', '401', '409'])
})

test('a taken port is told with its number and the mend', async () => {
  const port = await freePort()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  const options = { address: '127.0.0.1', port, names: [] }
  const app = await httpServer(httpParts(), options)
  const error = await listen(app, options).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    diagnostics: [{ code: 'AGENT_PORT_TAKEN', mend: { kind: 'edit', path: 'agent.port', to: port + 1 } }],
  })
  await app.close()
  other.close()
})

test('beyond loopback without TLS is refused', async () => {
  await expect(httpServer(httpParts(), { address: '0.0.0.0', port: 1, names: [] })).rejects.toMatchObject({
    diagnostics: [{ code: 'AGENT_NEEDS_TLS' }],
  })
})

test('the sample status of these tests is a status', () => {
  expectSchema('status', sampleStatus)
})
