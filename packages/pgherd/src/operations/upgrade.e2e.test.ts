import { afterAll, beforeAll, expect, test } from 'vitest'
import { observeCluster } from '../cluster/observe-cluster.ts'
import { LiveCluster } from './live-cluster.testkit.ts'
import { MinorVersions } from './minor-versions.testkit.ts'
import { OlderPrograms } from './older-programs.testkit.ts'
import { runRestart } from './restart/run-restart.ts'
import { runSwitchover } from './switchover/run-switchover.ts'
import { planUpgrade, runUpgrade, type UpgradeOptions } from './upgrade/run-upgrade.ts'
import { WriteLoad } from './write-load.testkit.ts'

let minors: MinorVersions
let programs: OlderPrograms
let cluster: LiveCluster
const owned = new AsyncDisposableStack()
beforeAll(async () => {
  minors = owned.use(MinorVersions.fetch())
  programs = owned.use(new OlderPrograms())
  cluster = owned.use(
    await LiveCluster.start({
      bin: minors.bin,
      firstPrograms: {
        'pg2 etcd': programs.etcd,
        'pg3 patroni': programs.patroni,
        'gateway haproxy': programs.haproxy,
      },
    }),
  )
})
afterAll(() => owned.disposeAsync())

function upgrade(): UpgradeOptions {
  const operation = cluster.operation()
  const handOver = () => runSwitchover({ ...operation, request: {} })
  return {
    ...operation,
    sites: cluster.sites,
    spec: cluster.topology.spec,
    pooler: false,
    restart: (member) =>
      runRestart({ ...operation, request: { member, rolling: false, pendingOnly: false }, handOver }),
    handOver,
  }
}

test('newer versions are taken into use by every member without an error for a client', async () => {
  const former = (await observeCluster(cluster.access)).leader ?? ''
  minors.switchToNewer()
  programs.switchHaproxy()
  const { changes } = await planUpgrade(upgrade())
  expect(changes.map(({ member, program }) => `${member} ${program}`)).toEqual([
    'pg1 postgres',
    'pg2 postgres',
    'pg2 etcd',
    'pg3 postgres',
    'pg3 patroni',
    'gateway haproxy',
  ])
  await using load = new WriteLoad(() => cluster.connect(), { perSecond: 50 })
  await load.more(20)
  const { done, leader, versions } = await runUpgrade(upgrade())
  await load.more(20)
  const { acknowledged, errors } = await load.stop()
  expect(errors).toEqual([])
  expect(await lost(acknowledged)).toEqual([])

  expect(done[0]).toEqual({ do: 'restart', what: 'etcd', member: 'pg2' })
  expect(done).toContainEqual({ do: 'restart', what: 'patroni', member: 'pg3' })
  expect(done).toContainEqual({ do: 'hand-over', member: former })
  expect(done.at(-1)).toEqual({ do: 'restart', what: 'haproxy', member: 'gateway' })
  expect(leader).not.toBe(former)
  const servers = { postgres: minors.newer, patroni: '3.0.2', etcd: '3.4.23' }
  expect(versions).toEqual([
    ...['pg1', 'pg2', 'pg3'].map((member) => ({ member, running: servers })),
    { member: 'gateway', running: { haproxy: '2.6.12', pgbouncer: '1.18.0' } },
  ])
  expect((await planUpgrade(upgrade())).steps).toEqual([])
})

/** What was acknowledged and is not there. */
async function lost(acknowledged: readonly string[]): Promise<readonly string[]> {
  const client = await cluster.connect()
  const { rows } = await client.query<{ id: string }>('SELECT id FROM written')
  await client.end()
  const written = new Set(rows.map(({ id }) => id))
  return acknowledged.filter((id) => !written.has(id))
}
