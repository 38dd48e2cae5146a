import { expect, test } from 'vitest'
import { memberInput, paperCluster } from '../components/rendered-cluster.testkit.ts'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { factsOf } from '../tuning/testdata/facts.ts'
import type { ClusterView } from './cluster-view.ts'
import { decideCluster, type MemberState } from './decide-cluster.ts'
import type { Applied, Observed } from './observed.ts'
import { machineOf, untouched } from './settled.testkit.ts'
import { wantedState } from './wanted.ts'

const gone: ClusterView = {
  members: [],
  etcd: { members: [], quorum: false },
  paused: false,
  failsafeActive: false,
  synchronous: [],
  pools: [],
  routes: [],
}
const facts = factsOf({ ...machineOf(), postgres: { ...machineOf().postgres, major: 15 } })

/** A cluster of so many members, each observed as told. */
function statesOf(members: number, observe: (member: string) => Partial<Observed>): readonly MemberState[] {
  const topology = paperCluster({ topology: { members } })
  return topology.members.map(({ name }) => ({
    wanted: wantedState(memberInput(topology, name, facts)),
    observed: { ...untouched, ...observe(name) },
  }))
}

function refusalsOf(...given: Parameters<typeof decideCluster>): readonly Diagnostic[] {
  try {
    decideCluster(...given)
    return []
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
}

const server = (name: string) => /^pg\d$/.test(name)
const applied = (servers: number): Applied => ({
  at: '2026-11-20T10:00:00.000Z',
  files: {},
  objects: { roles: [], databases: [], functions: [] } as unknown as Applied['objects'],
  servers: names(servers).map((name, index) => ({ name, address: `127.0.0.${11 + index}` })),
})
const names = (count: number) => Array.from({ length: count }, (_, index) => `pg${index + 1}`)
const listed = (count: number) =>
  names(count).map((name, index) => ({ id: name, name, peerUrls: [`https://127.0.0.${11 + index}:2380`] }))
const etcd = (count: number, more: Partial<ClusterView> = {}): Partial<ClusterView> => ({
  etcd: { members: [], quorum: true, listed: listed(count) },
  leader: 'pg1',
  ...more,
})

test('a data directory of another database than etcd belongs to is refused, all of them too', () => {
  const foreign = (which: readonly string[]) =>
    refusalsOf(
      statesOf(3, (name) => ({
        cluster: { ...gone, systemId: '111' },
        data: server(name)
          ? { state: 'cluster', major: 15, systemId: which.includes(name) ? '222' : '111' }
          : { state: 'none' },
      })),
    )
  expect(foreign([])).toEqual([])
  expect(foreign(['pg2'])).toMatchObject([
    { code: 'CLUSTER_FOREIGN', at: { member: 'pg2' }, mend: { kind: 'advice' } },
  ])
  expect(foreign(['pg2'])[0]?.detail).toMatch(/111.*pg2.*222/)
  // no Patroni would answer then: that it is etcd that was asked, the integration test shows
  expect(foreign(['pg1', 'pg2', 'pg3']).map(({ code, at }) => [code, at.member])).toEqual([
    ['CLUSTER_FOREIGN', 'pg1'],
    ['CLUSTER_FOREIGN', 'pg2'],
    ['CLUSTER_FOREIGN', 'pg3'],
  ])
})

test('more or fewer servers in the spec than there are is refused, with the scale that does it', () => {
  const home = (view: ClusterView) => (name: string) =>
    name === 'gateway' ? { cluster: view, applied: applied(3) } : { cluster: view }
  const [more, ...others] = refusalsOf(statesOf(5, home({ ...gone, ...etcd(3) })))
  expect(others).toEqual([])
  expect(more).toMatchObject({
    code: 'MEMBERS_CHANGED',
    at: { path: 'topology.members' },
    mend: { kind: 'run', argv: ['pgherd', 'scale', '--members', '5'] },
  })
  expect(more?.detail).toContain('etcd has 3 (pg1, pg2, pg3)')
  expect(refusalsOf(statesOf(3, home({ ...gone, ...etcd(3) })))).toEqual([])
  expect(refusalsOf(statesOf(3, home({ ...gone, ...etcd(5) })))).toMatchObject([
    { code: 'MEMBERS_CHANGED', mend: { argv: ['pgherd', 'scale', '--members', '3'] } },
  ])
})

test('a cluster that is down knows its servers from the last up, and has to come up before they change', () => {
  const states = statesOf(5, (name) => (name === 'gateway' ? { applied: applied(3) } : {}))
  const [refused] = refusalsOf(states)
  expect(refused).toMatchObject({ code: 'MEMBERS_CHANGED', mend: { kind: 'advice' } })
  expect(refused?.detail).toContain('the last up left 3')
  expect(refusalsOf(statesOf(5, () => ({})))).toEqual([])
})

test('a change that was cut off is in one of the two records, whatever the other says', () => {
  const both = (inEtcd: ClusterView, record: number) =>
    refusalsOf(
      statesOf(5, (name) => ({
        cluster: inEtcd,
        ...(name === 'gateway' ? { applied: applied(record) } : {}),
      })),
    ).map(({ code }) => code)
  expect(both({ ...gone, ...etcd(5) }, 4)).toEqual(['MEMBERS_CHANGED'])
  expect(both({ ...gone, ...etcd(4) }, 5)).toEqual(['MEMBERS_CHANGED'])
  expect(both({ ...gone, ...etcd(5) }, 5)).toEqual([])
  // announced and never started: etcd has no name for it yet
  const nameless = listed(5).map((each) => (each.name === 'pg5' ? { ...each, name: '' } : each))
  expect(both({ ...gone, ...etcd(5, { etcd: { members: [], quorum: true, listed: nameless } }) }, 5)).toEqual(
    [],
  )
})

test('while scale is at it nothing of this is refused', () => {
  const states = statesOf(5, () => ({ cluster: { ...gone, ...etcd(4) }, applied: applied(4) }))
  expect(refusalsOf(states, { membersChange: true })).toEqual([])
})

test('a member that has moved is refused', () => {
  const moved = listed(3).map((each) =>
    each.name === 'pg2' ? { ...each, peerUrls: ['https://10.0.0.9:2380'] } : each,
  )
  const [refused] = refusalsOf(
    statesOf(3, () => ({
      cluster: { ...gone, ...etcd(3, { etcd: { members: [], quorum: true, listed: moved } }) },
    })),
  )
  expect(refused).toMatchObject({ code: 'MEMBERS_CHANGED', at: { path: 'topology.addresses' } })
  expect(refused?.detail).toContain('pg2 (now 127.0.0.12)')
})

test('a cluster is not made beside the database of a single server', () => {
  const left = refusalsOf(
    statesOf(3, (name) =>
      name === 'gateway' ? { data: { state: 'cluster', major: 15, systemId: '111' } } : {},
    ),
  )
  expect(left).toMatchObject([{ code: 'SINGLE_NOT_CLUSTER', at: { path: 'topology.members' } }])
  expect(left[0]?.detail).toContain('/srv/pgherd/state/data')
  // even when its data directory is away: the record tells that there was one
  const { servers: _servers, ...record } = { ...applied(3), systemId: '111' }
  expect(
    refusalsOf(statesOf(3, (name) => (name === 'gateway' ? { applied: record } : {}))).map(
      ({ code }) => code,
    ),
  ).toEqual(['SINGLE_NOT_CLUSTER'])
})

test('a single server is not made beside the database of a cluster', () => {
  expect(refusalsOf(statesOf(1, () => ({ applied: applied(3) })))).toMatchObject([
    { code: 'SINGLE_NOT_CLUSTER', mend: { kind: 'edit', path: 'topology.members', to: 3 } },
  ])
})
