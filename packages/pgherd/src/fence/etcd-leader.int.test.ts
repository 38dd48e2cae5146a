import { eventually } from '@pgherd/testbed/herd.ts'
import { expect, test } from 'vitest'
import { etcd } from '../components/etcd/component.ts'
import { renderFenceFile, type FenceFile } from '../components/fence/fence-file.ts'
import { RenderedCluster } from '../components/rendered-cluster.testkit.ts'
import { serversOf } from '../topology/topology.ts'
import { yieldEtcdLeader } from './etcd-leader.ts'
import { askEtcd, readKey } from './fence-etcd.ts'

test('the member with the primary has another one lead etcd, and leaves it alone once it does', async () => {
  await using cluster = await RenderedCluster.create({ topology: { failover: 'fast' } })
  const names = serversOf(cluster.topology).map(({ name }) => name)
  const start = (name: string) => {
    const input = cluster.input(name)
    for (const file of etcd.files(input)) cluster.write(file)
    for (const unit of etcd.units(input)) cluster.start(name, unit)
  }
  names.forEach(start)
  const etcdAs = (name: string) => (JSON.parse(renderFenceFile(cluster.input(name))) as FenceFile).etcd
  await eventually('etcd answers', async () =>
    (await readKey(etcdAs('pg1'), 'leader')) === undefined ? true : undefined,
  )
  const leads = async () => {
    for (const name of names) {
      const [own] = etcdAs(name).hosts
      if (!own) throw new Error('no hosts')
      const { header, leader } = (await askEtcd(etcdAs(name), own, '/v3/maintenance/status', {})) as {
        header: { member_id: string }
        leader: string
      }
      if (header.member_id === leader) return name
    }
    return undefined
  }
  const before = await eventually('a leader of etcd', leads)
  expect(await yieldEtcdLeader(etcdAs(before))).toBe(true)
  const after = await eventually('another leader', async () => {
    const now = await leads()
    return now === before ? undefined : now
  })
  // it is asked of the one beside the primary only, and that one has nothing left to hand over
  expect(await yieldEtcdLeader(etcdAs(before))).toBe(false)
  expect(await leads()).toBe(after)
})
