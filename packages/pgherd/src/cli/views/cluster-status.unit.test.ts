import { expect, test } from 'vitest'
import type { ClusterStatus, MemberStatus } from '../../agent/status-document.ts'
import { showCluster } from './cluster-status.ts'
import { screen } from './screen.testkit.ts'

const standby = (name: string, more: Partial<MemberStatus> = {}): MemberStatus => ({
  name,
  role: 'standby',
  timeline: 2,
  lagBytes: 0,
  version: '15.18',
  flavour: 'system',
  state: 'up',
  sync: 'async',
  ...more,
})
const members = [
  standby('pg1', { role: 'primary', sync: 'none' }),
  standby('pg2', { sync: 'sync' }),
  standby('pg3'),
]
const pool = { clientsWaiting: 0, serversActive: 2, serversIdle: 3, longestWaitSeconds: 0, paused: false }
const cluster: ClusterStatus = {
  leader: 'pg1',
  members: members.map(({ name, role }) => ({
    name,
    role,
    state: role === 'primary' ? 'running' : 'streaming',
    pendingRestart: false,
    patroniVersion: '3.0.2',
  })),
  etcd: {
    quorum: true,
    members: ['pg1', 'pg2', 'pg3'].map((name) => ({ name, healthy: true, leader: name === 'pg3' })),
  },
  synchronous: ['pg1', 'pg2'],
  paused: false,
  failsafeActive: false,
  routes: [
    { route: 'write', member: 'pg1', up: true, sessions: 5 },
    { route: 'write', member: 'pg2', up: false, sessions: 0 },
    { route: 'read', member: 'pg2', up: true, sessions: 1 },
    { route: 'read', member: 'pg3', up: true, sessions: 1 },
  ],
  pools: [{ ...pool, database: 'shop', user: 'app', clientsActive: 4 }],
  slots: [
    { name: 'pg2', active: true, walStatus: 'reserved', retainedBytes: 0 },
    { name: 'pgherd_wal', active: true, walStatus: 'reserved', retainedBytes: 0 },
  ],
  drift: [],
}

const shown = (more: Partial<ClusterStatus> = {}, found: readonly MemberStatus[] = members, width = 100) => {
  const { output, text } = screen(width)
  showCluster(found, { ...cluster, ...more }, output)
  return text()
}

test('says who leads, who follows, who votes and where clients go', () => {
  expect(shown()).toBe(`  pg1  primary  running    timeline 2
  pg2  standby  streaming  timeline 2, sync, nothing is behind
  pg3  standby  streaming  timeline 2, async, nothing is behind

  etcd              majority, 3 of 3 healthy, pg3 leads
  commits wait for  pg2
  writes go to      pg1
  reads go to       pg2, pg3
  pools             4 clients active, 0 waiting, 5 sessions to servers
  slots             pg2, pgherd_wal
  drift             nothing was changed by hand
  versions          PostgreSQL 15.18, Patroni 3.0.2
`)
})

test('says what is not as it should be', () => {
  const [first, second, third] = cluster.members
  if (!first || !second || !third) throw new Error('there are three')
  const text = shown(
    {
      leader: null,
      members: [
        { ...first, pendingRestart: true },
        second,
        { ...third, role: 'unreachable', state: 'unknown', patroniVersion: null },
      ],
      etcd: { quorum: false, members: [{ name: 'pg1', healthy: true, leader: false }] },
      synchronous: [],
      paused: true,
      failsafeActive: true,
      routes: [],
      pools: [{ ...pool, database: 'shop', user: 'app', clientsActive: 0, clientsWaiting: 7, paused: true }],
      slots: [
        { name: 'pg2', active: false, walStatus: 'extended', retainedBytes: 2 ** 30 },
        { name: 'pg3', active: false, walStatus: 'lost', retainedBytes: 0 },
      ],
      drift: [
        { member: 'pg1', title: 'reset work_mem', because: 'ALTER SYSTEM' },
        { member: 'pg1', title: 'drop it', because: '' },
      ],
    },
    [
      standby('pg1', { role: 'primary' }),
      standby('pg2', { lagBytes: 2 ** 20, lagSeconds: 3, version: '15.20' }),
      standby('pg3', { lagBytes: null }),
    ],
  )
  for (const words of [
    'waits for a restart: pgherd up',
    '1.0 MB, 3.0 s behind',
    'NO MAJORITY',
    'commits wait for  nobody',
    'writes go to      nobody',
    'reads go to       the primary',
    '7 waiting',
    'PAUSED: shop',
    'pg2 is not used and keeps 1.0 GB, pg3 LOST its WAL',
    'pg1: reset work_mem and 1 more: pgherd plan',
    'pg2 15.20 with Patroni 3.0.2',
    'automation',
    'failsafe',
  ])
    expect(text).toContain(words)
  expect(text).toMatch(/pg3 +unreachable +unknown/)
})

test('says what is not known', () => {
  const text = shown({ slots: null, drift: null })
  expect(text).toContain('not known: the primary does not answer')
  expect(text).toMatch(/drift +not known/)
})

test.each([60, 80])('fits %i columns', (width) => {
  const { output, widest } = screen(width)
  showCluster(members, cluster, output)
  expect(widest()).toBeLessThanOrEqual(width)
})
