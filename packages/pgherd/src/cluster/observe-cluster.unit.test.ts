import { expect, test } from 'vitest'
import { accessAt, memberOf } from './bare-access.testkit.ts'
import { viewOf } from './observe-cluster.ts'
import { clusterSchema, statusSchema } from './patroni-documents.ts'

const access = accessAt({
  name: 'shop',
  root: '/srv',
  gateway: '127.9.9.1',
  addresses: ['127.9.9.11', '127.9.9.12', '127.9.9.13'],
  secrets: {},
})
const member = (name: string) => memberOf(access, name)
const patroni = { version: '4.1.0', scope: 'shop' }

/** As Patroni 4 writes it. */
const primary = {
  member: member('pg1'),
  status: statusSchema.parse({
    state: 'running',
    role: 'primary',
    server_version: 180004,
    timeline: 3,
    xlog: { location: 67_109_000 },
    replication: [
      { application_name: 'pg2', state: 'streaming', sync_state: 'quorum', usename: 'r', client_addr: '::1' },
      { application_name: 'pgherd_wal', state: 'streaming', sync_state: 'async' },
    ],
    dcs_last_seen: 1_790_000_000,
    database_system_identifier: '7566666666666666666',
    patroni: { ...patroni, name: 'pg1' },
  }),
}

function standby(name: string, more: object = {}) {
  const status = {
    state: 'running',
    role: 'replica',
    timeline: 3,
    xlog: { replayed_location: 67_109_000 },
    patroni,
  }
  return { member: member(name), status: statusSchema.parse({ ...status, ...more }) }
}

const listed = (roles: Readonly<Record<string, string>>) =>
  clusterSchema.parse({
    scope: 'shop',
    members: Object.entries(roles).map(([name, role]) => ({
      name,
      role,
      state: role === 'leader' ? 'running' : 'streaming',
      timeline: 3,
      lag: 'unknown',
    })),
  })

const roles = listed({ pg1: 'leader', pg2: 'quorum_standby', pg3: 'replica' })

test('who streams and who is synchronous is as the primary and etcd have it', () => {
  const view = viewOf([{ ...primary, cluster: roles }, standby('pg2'), standby('pg3')])
  expect(view).toMatchObject({ leader: 'pg1', synchronous: ['pg2'] })
  expect(view.members).toMatchObject([
    { role: 'primary', state: 'running', postgresVersion: '18.4', sync: 'none', dcsLastSeen: 1_790_000_000 },
    { role: 'standby', state: 'streaming', sync: 'quorum', lagBytes: 0, lagSeconds: 0 },
    { role: 'standby', state: 'not streaming', sync: 'none' },
  ])
})

test('when the primary is gone, etcd still knows who holds every acknowledged write', () => {
  const cluster = listed({ pg1: 'leader', pg2: 'sync_standby', pg3: 'replica' })
  const view = viewOf([{ member: member('pg1') }, { ...standby('pg2'), cluster }, standby('pg3')])
  expect(view.synchronous).toEqual(['pg2'])
  expect(view.members).toMatchObject([
    { name: 'pg1', role: 'unreachable' },
    { name: 'pg2', sync: 'sync' },
    { name: 'pg3', sync: 'none' },
  ])
})

test('when etcd is gone too, a standby says so itself', () => {
  const view = viewOf([{ member: member('pg1') }, standby('pg2', { sync_standby: true }), standby('pg3')])
  expect(view.synchronous).toEqual(['pg2'])
  expect(view).not.toHaveProperty('leader')
})

test('a primary that lost its lock leads nobody, unless etcd says so', () => {
  const unlocked = {
    ...primary,
    status: { ...primary.status, cluster_unlocked: true, failsafe_mode_is_active: true },
  }
  expect(viewOf([unlocked])).toMatchObject({ failsafeActive: true })
  expect(viewOf([unlocked])).not.toHaveProperty('leader')
  expect(viewOf([{ ...unlocked, cluster: roles }]).leader).toBe('pg1')
})

test('a standby that starts writes null for what it does not know', () => {
  const starting = {
    state: 'starting',
    role: 'replica',
    timeline: null,
    xlog: null,
    replication: null,
    patroni,
  }
  const view = viewOf([primary, { member: member('pg2'), status: statusSchema.parse(starting) }])
  expect(view.members[1]).toEqual({
    name: 'pg2',
    role: 'standby',
    state: 'starting',
    sync: 'quorum',
    pendingRestart: false,
    patroniVersion: '4.1.0',
  })
})

test('automation is paused when the dynamic configuration says so', () => {
  expect(viewOf([{ ...primary, config: { pause: true } }]).paused).toBe(true)
  expect(viewOf([{ ...primary, config: { ttl: 30 } }]).paused).toBe(false)
})
