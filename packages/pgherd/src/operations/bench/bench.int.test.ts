import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ThrowawayServer } from '@pgherd/testbed/throwaway-server.ts'
import { unprivilegedAccount } from '@pgherd/testbed/unprivileged.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { specSchema } from '../../spec/schema.ts'
import { layOut, homeOf } from '../../topology/topology.ts'
import { factsOf } from '../../tuning/testdata/facts.ts'
import type { OperationContext } from '../context.ts'
import { bench } from './bench.ts'

let server: ThrowawayServer
beforeAll(async () => {
  server = await ThrowawayServer.start({
    major: 15,
    hba: ['local all all trust', 'host all all 127.0.0.1/32 scram-sha-256'],
  })
  mkdirSync(join(server.root, 'scratch'), { mode: 0o777 })
})
afterAll(() => server[Symbol.asyncDispose]())

function contextOf(
  tools: Record<string, string>,
  signal = new AbortController().signal,
): OperationContext & { said: string[] } {
  const said: string[] = []
  const spec = specSchema.parse({ name: 'test', postgres: { version: 15, port: server.port } })
  const topology = layOut(spec, { state: server.root, sockets: server.sockets })
  return {
    said,
    spec,
    topology,
    member: homeOf(topology),
    facts: factsOf({
      runAs: { ...unprivilegedAccount(), home: server.root },
      postgres: { major: 15, tools },
    }),
    signal,
    readSecret: () => Promise.reject(new Error('no secret is needed')),
    report: (message) => void said.push(message),
    now: () => new Date(),
  }
}

test.each([
  ['pgbench', { pgbench: '/usr/bin/pgbench' }],
  ['node', {}],
])(
  '%s measures every transaction of its load, in a database that is gone afterwards',
  async (tool, tools) => {
    const context = contextOf(tools)
    const result = await bench(context, { seconds: 1, clients: 2, scale: 1 })
    expect(result).toMatchObject({ tool, clients: 2, scale: 1, failed: 0 })
    expect(result.transactions).toBeGreaterThan(10)
    expect(result.tps).toBeCloseTo(result.transactions / result.seconds, 5)
    expect(result.p50).toBeGreaterThan(0)
    expect(result.p50).toBeLessThanOrEqual(result.p95)
    expect(result.p95).toBeLessThanOrEqual(result.p99)
    expect(context.said).toEqual(['filling 100,000 accounts', '2 clients for 1 s'])
    expect((await server.query("select datname from pg_database where datname like 'pgherd%'")).rows).toEqual(
      [],
    )
    expect(readdirSync(join(server.root, 'scratch'))).toEqual([])
  },
)

test('Ctrl-C ends the load and leaves nothing behind', async () => {
  for (const tools of [{ pgbench: '/usr/bin/pgbench' }, {}] as Record<string, string>[]) {
    const control = new AbortController()
    const context = contextOf(tools, control.signal)
    const run = bench(
      {
        ...context,
        report: (message) =>
          void (message.endsWith('s') && message.includes('for') && setTimeout(() => control.abort(), 200)),
      },
      { seconds: 60, clients: 1, scale: 1 },
    )
    await expect(run).rejects.toMatchObject({ name: 'AbortError' })
    expect((await server.query("select datname from pg_database where datname like 'pgherd%'")).rows).toEqual(
      [],
    )
  }
})
