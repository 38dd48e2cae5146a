import { expect, test } from 'vitest'
import { fenceDeadline } from '../failover-timing.ts'
import { memberInput, paperCluster } from '../rendered-cluster.testkit.ts'
import { fence } from './component.ts'
import type { FenceFile } from './fence-file.ts'

const presets = ['fast', 'normal', 'wide'] as const

test('every server has one, the gateway and a single server have none', () => {
  const topology = paperCluster()
  const on = topology.members.filter((member) => fence.runsOn(member, topology)).map(({ name }) => name)
  expect(on).toEqual(['pg1', 'pg2', 'pg3'])
})

test('its file says whom to ask, what to stop and how long the lease is certain', () => {
  const [file] = fence.files(memberInput(paperCluster({ topology: { failover: 'fast' } }), 'pg2'))
  expect(file).toMatchObject({
    path: '/srv/pgherd/state/members/pg2/config/fence.json',
    mode: 0o600,
    owner: 'run-as',
    secret: false,
    onChange: 'reload',
    unit: 'fence',
  })
  expect(JSON.parse(file?.contents ?? '')).toEqual({
    member: 'pg2',
    url: 'https://127.0.0.12:8008/patroni',
    ca: '/srv/pgherd/state/members/pg2/tls/ca.crt',
    data: '/srv/pgherd/state/members/pg2/postgres/data',
    patroniConfig: '/srv/pgherd/state/members/pg2/config/patroni.yml',
    status: '/srv/pgherd/state/members/pg2/run/fence.json',
    timing: { ttl: 8, loopWait: 1, retryTimeout: 3, fenceMargin: 1 },
    etcd: {
      // its own first
      hosts: ['127.0.0.12', '127.0.0.11', '127.0.0.13'].map((host) => ({ host, port: 2379 })),
      ca: '/srv/pgherd/state/members/pg2/tls/ca.crt',
      cert: '/srv/pgherd/state/members/pg2/tls/server.crt',
      key: '/srv/pgherd/state/members/pg2/tls/server.key',
      prefix: '/service/shop/',
    },
  })
})

test('Patroni finds out by itself that etcd is away before the fence acts, in every preset', () => {
  for (const failover of presets) {
    const [file] = fence.files(memberInput(paperCluster({ topology: { failover } }), 'pg1'))
    const { timing } = JSON.parse(file?.contents ?? '') as FenceFile
    const patience = fenceDeadline({ ...timing, primaryStartTimeout: 0 })
    expect(patience).toBeGreaterThan(timing.loopWait + timing.retryTimeout)
  }
})

test('the unit follows Patroni and gives its rights away by itself', () => {
  const [unit] = fence.units(memberInput(paperCluster(), 'pg1'))
  expect(unit).toMatchObject({
    name: 'fence',
    user: 'drops',
    after: ['patroni'],
    reload: { signal: 'SIGHUP' },
  })
  expect(unit?.argv.slice(-2)).toEqual(['/fence.js', '/srv/pgherd/state/members/pg1/config/fence.json'])
})
