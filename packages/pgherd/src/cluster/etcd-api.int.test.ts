import { createServer } from 'node:net'
import { clusterAddresses } from '@pgherd/testbed/cluster-addresses.ts'
import { expect, test } from 'vitest'
import { accessAt } from './bare-access.testkit.ts'
import { EtcdApi } from './etcd-api.ts'
import { portRefused } from './port-refused.ts'

test('where nobody listens nothing is waited for: the patience of etcdctl would outlast this test', async () => {
  const { members, gateway } = await clusterAddresses()
  const access = accessAt({
    name: 'none',
    root: '/nowhere',
    gateway,
    addresses: members.slice(0, 3),
    secrets: {},
  })
  const { members: seen, quorum } = await new EtcdApi(access, { timeoutMs: 600_000 }).health()
  expect(quorum).toBe(false)
  expect(seen.map(({ name, healthy }) => [name, healthy])).toEqual([
    ['pg1', false],
    ['pg2', false],
    ['pg3', false],
  ])
})

test('a port somebody listens on is not refused', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  expect(await portRefused(port, '127.0.0.1')).toBe(false)
  await new Promise((resolve) => server.close(resolve))
  expect(await portRefused(port, '127.0.0.1')).toBe(true)
})
