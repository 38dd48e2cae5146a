import { expect, test } from 'vitest'
import type { ClusterView } from '../plan/cluster-view.ts'
import { specSchema, type SpecInput } from '../spec/schema.ts'
import { routerFault } from './observe-gateway.ts'
import { applicationOf } from './pooler-login.ts'

const view: ClusterView = {
  leader: 'pg1',
  members: [],
  etcd: { members: [], quorum: true },
  paused: false,
  failsafeActive: false,
  synchronous: [],
  pools: [],
  routes: ['pg1', 'pg2'].map((member) => ({ route: 'write', member, up: member === 'pg1', sessions: 0 })),
}
const leads = (...members: readonly string[]): ClusterView => ({
  ...view,
  routes: view.routes.map((each) => ({ ...each, up: members.includes(each.member) })),
})

test('HAProxy has to lead writes to the primary, and to nobody else', () => {
  expect(routerFault(view)).toBeUndefined()
  expect(routerFault(leads())?.reason).toBe('HAProxy leads writes to nobody, and pg1 is the primary')
  expect(routerFault(leads('pg2'))?.reason).toMatch(/leads writes to pg2/)
  expect(routerFault(leads('pg1', 'pg2'))?.reason).toMatch(/to pg1 and pg2/)
  expect(routerFault({ ...view, routes: [], silent: { router: 'refused' } })).toEqual({ reason: 'refused' })
  const { leader: _nobody, ...leaderless } = leads()
  expect(routerFault(leaderless)).toBeUndefined()
})

test('who logs in to the pool is a declared role that can, an owner first', () => {
  const now = new Date('2026-01-10T12:00:00Z')
  const of = (spec: Partial<SpecInput>) => applicationOf(specSchema.parse({ name: 'a', ...spec }), now)
  expect(of({})).toBeUndefined()
  const databases = { shop: { owner: 'app' }, stock: { owner: 'app' } }
  expect(of({ databases, roles: { reader: { access: 'readonly' }, app: { access: 'owner' } } })).toEqual({
    role: 'app',
    database: 'shop',
  })
  const past = { access: 'owner', validUntil: '2026-01-01T00:00:00Z' } as const
  expect(
    of({ databases, roles: { app: past, reader: { access: 'readonly', databases: ['stock'] } } }),
  ).toEqual({
    role: 'reader',
    database: 'stock',
  })
  expect(of({ databases, roles: { app: { access: 'owner', connectionLimit: 0 } } })).toBeUndefined()
})
