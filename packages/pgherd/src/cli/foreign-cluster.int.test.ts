import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { eventually } from '@pgherd/testbed/herd.ts'
import { expect, test } from 'vitest'
import { etcd } from '../components/etcd/component.ts'
import { clientUrl } from '../components/etcd/etcd-yml.ts'
import { RenderedCluster } from '../components/rendered-cluster.testkit.ts'
import { decideCluster } from '../plan/decide-cluster.ts'
import { untouched } from '../plan/settled.testkit.ts'
import { wantedState } from '../plan/wanted.ts'
import { homeOf, serversOf } from '../topology/topology.ts'
import { clusterObserver } from './cluster-observer.ts'

test('etcd tells which database it belongs to when no Patroni answers, and foreign data is refused', async () => {
  await using cluster = await RenderedCluster.create()
  const { topology } = cluster
  const servers = serversOf(topology)
  for (const { name } of servers) {
    const input = cluster.input(name)
    for (const file of etcd.files(input)) cluster.write(file)
    for (const unit of etcd.units(input)) cluster.start(name, unit)
  }
  const { tls } = homeOf(topology).paths
  await eventually('the key of another cluster', async () => {
    const files = [`--cacert=${tls}/ca.crt`, `--cert=${tls}/server.crt`, `--key=${tls}/server.key`]
    const argv = [`--endpoints=${servers.map(clientUrl).join()}`, ...files]
    await promisify(execFile)('etcdctl', [...argv, 'put', '/service/shop/initialize', '111'], {
      env: { PATH: '/usr/bin:/bin', ETCDCTL_API: '3' },
    })
    return true
  })
  const readSecret = () => Promise.reject(new Error('nobody is logged in to here'))
  const view = await clusterObserver({ topology, programs: {}, readSecret }, []).observe()
  expect(view).toMatchObject({ systemId: '111', etcd: { quorum: true } })
  expect(view.members.map(({ role }) => role)).toEqual(['unreachable', 'unreachable', 'unreachable'])
  expect(view.etcd.listed?.map(({ name }) => name).toSorted()).toEqual(['pg1', 'pg2', 'pg3'])
  const states = topology.members.map(({ name, kind }) => ({
    wanted: wantedState(cluster.input(name)),
    observed: {
      ...untouched,
      cluster: view,
      data: kind === 'server' ? ({ state: 'cluster', major: 15, systemId: '222' } as const) : untouched.data,
    },
  }))
  expect(() => decideCluster(states)).toThrow(
    expect.objectContaining({
      diagnostics: expect.arrayContaining(
        ['pg1', 'pg2', 'pg3'].map((member) =>
          expect.objectContaining({ code: 'CLUSTER_FOREIGN', at: { member } }),
        ),
      ) as unknown,
    }) as Error,
  )
})
