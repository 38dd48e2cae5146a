import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { Herd } from '@pgherd/testbed/herd.ts'
import { expect, test } from 'vitest'

/** The example as it is, but on addresses nobody else has. */
async function ishChat(stack: AsyncDisposableStack): Promise<Herd> {
  const addresses = stack.use(await clusterAddresses())
  const example = readFileSync(join(import.meta.dirname, '../../../../examples/ish-chat/pgherd.yaml'), 'utf8')
  const elsewhere = `gateway: ${addresses.gateway}\n  addresses: [${addresses.members.slice(0, 3).join(', ')}]`
  return stack.use(
    await Herd.create({ specText: example.replace(/^ {2}gateway: 127\.0\.0\.1$/m, `  ${elsewhere}`) }),
  )
}

interface Plan {
  readonly steps: readonly { readonly id: string; readonly member: string }[]
  readonly promises: Readonly<Record<string, unknown>>
  readonly drills: readonly { readonly drill: string; readonly schedule: string }[]
  readonly findings: readonly unknown[]
}

test('examples/ish-chat plans what it says: three servers, a gateway with pools, router and Redis, drills at night', async () => {
  await using stack = new AsyncDisposableStack()
  const herd = await ishChat(stack)
  const run = await herd.run('plan', '--json')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  const { steps, promises, drills, findings } = run.json<Plan>()
  expect(findings).toEqual([])
  expect(promises).toMatchObject({ durability: 'sync', failover: 'fast' })
  expect(drills.map(({ drill, schedule }) => [drill, schedule]).sort()).toEqual([
    ['restore', '0 3 * * SUN'],
    ['switchover', '30 3 1 * *'],
  ])
  const units = (member: string) =>
    steps.flatMap(({ id }) => (id.startsWith(`${member}/unit:`) ? [id.replace(/.*:/, '')] : [])).sort()
  for (const server of ['pg1', 'pg2', 'pg3']) expect(units(server)).toEqual(['etcd', 'fence', 'patroni'])
  expect(units('gateway')).toEqual(['agent', 'drills', 'haproxy', 'pgbouncer', 'redis'])
  expect(new Set(steps.map(({ member }) => member))).toEqual(new Set(['pg1', 'pg2', 'pg3', 'gateway']))
})

test('examples/ish-chat renders the ports, pools and limits of its text', async () => {
  await using stack = new AsyncDisposableStack()
  const herd = await ishChat(stack)
  const out = join(herd.directory, 'out')
  const run = await herd.run('render', '--out', out, '--json')
  expect(run.code, run.stdout + run.stderr).toBe(0)
  const file = (name: string) => readFileSync(join(out, 'gateway/config', name), 'utf8')
  const ini = file('pgbouncer.ini')
  expect(ini).toMatch(/^listen_port = 6432$/m)
  expect(ini).toMatch(/^max_client_conn = 1000$/m)
  expect(ini).toMatch(/^pool_mode = transaction$/m)
  expect(ini).toMatch(/^ish_chat = .* port=5000 /m)
  expect(ini).toMatch(/^ish_chat_ro = .* port=5001 /m)
  expect(ini).toMatch(/^ish_chat_owner = max_user_connections=5$/m)
  expect(file('haproxy.cfg')).toMatch(/bind .*:8404 /)
  expect(file('redis.conf')).toMatch(/^tls-port 6379$/m)
  expect(file('redis.conf')).toMatch(/^maxmemory 536870912$|^maxmemory 512mb$/im)
  // secrets are gaps in what is shown
  expect(file('redis.conf')).toContain('requirepass "{{secret:redis}}"')
})
