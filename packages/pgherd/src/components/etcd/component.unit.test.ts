import { expect, test } from 'vitest'
import { memberInput, paperCluster } from '../rendered-cluster.testkit.ts'
import { etcd, etcdFile } from './component.ts'
import { etcdMeaning } from './etcd-meaning.ts'
import { etcdTiming } from './etcd-yml.ts'

test.each(['fast', 'normal', 'wide'] as const)(
  '%s renders the golden file (look at the difference, then vitest -u)',
  async (failover) => {
    const [file] = etcd.files(memberInput(paperCluster({ topology: { failover } }), 'pg2'))
    await expect(file?.contents).toMatchFileSnapshot(`./testdata/${failover}.etcd.yml`)
  },
)

test('one on every server, none on the gateway or a single server', () => {
  const cluster = paperCluster()
  expect(cluster.members.filter((member) => etcd.runsOn(member, cluster)).map(({ name }) => name)).toEqual([
    'pg1',
    'pg2',
    'pg3',
  ])
  const single = paperCluster({ topology: { members: 1 } })
  expect(single.members.some((member) => etcd.runsOn(member, single))).toBe(false)
})

test('the file holds no secret and belongs to the user of the servers', () => {
  const input = memberInput(paperCluster(), 'pg1')
  expect(etcd.files(input)[0]).toMatchObject({
    path: '/srv/pgherd/state/members/pg1/config/etcd.yml',
    mode: 0o600,
    owner: 'run-as',
    secret: false,
    onChange: 'restart',
    unit: 'etcd',
  })
  expect(etcd.units(input)[0]).toMatchObject({
    argv: ['/usr/bin/etcd', '--config-file', '/srv/pgherd/state/members/pg1/config/etcd.yml'],
    user: 'run-as',
  })
})

test('more members mean nothing to a member that has data, other timing does', () => {
  const meaning = (topology: object, state: 'new' | 'existing' = 'new') =>
    etcdMeaning(etcdFile(memberInput(paperCluster({ topology }), 'pg1'), state).contents)
  expect(meaning({ members: 5 })).toEqual(meaning({ members: 3 }))
  expect(meaning({ members: 3 }, 'existing')).toEqual(meaning({ members: 3 }))
  expect(meaning({ failover: 'wide' })).not.toEqual(meaning({ failover: 'normal' }))
})

test('elections are five heartbeats long at least', () => {
  for (const { heartbeat, election } of Object.values(etcdTiming))
    expect(election).toBeGreaterThanOrEqual(5 * heartbeat)
})
