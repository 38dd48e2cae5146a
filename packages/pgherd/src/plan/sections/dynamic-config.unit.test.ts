import { expect, test } from 'vitest'
import { patroniInput } from '../../components/patroni/patroni.testkit.ts'
import { parsePath } from '../../spec/path.ts'
import type { SpecInput } from '../../spec/schema.ts'
import type { ClusterView } from '../cluster-view.ts'
import { patchOf } from '../dynamic-config-patch.ts'
import { untouched } from '../settled.testkit.ts'
import { wantedState, type Wanted } from '../wanted.ts'
import { dynamicConfiguration } from './dynamic-config.ts'

type Tree = Readonly<Record<string, unknown>>

const version = '4.1.0'
const wantedOf = (spec: Omit<SpecInput, 'name'> = {}) => wantedState(patroniInput(version, spec))
const wanted = wantedOf()
const declared = wanted.dynamicConfig ?? {}

/** What the plan of the leader says when the DCS holds this, and the last `up` left that. */
function draftsOf(found: Tree, { of = wanted, applied = declared }: { of?: Wanted; applied?: Tree } = {}) {
  const cluster = { leader: 'pg2', dynamicConfig: found } as unknown as ClusterView
  return dynamicConfiguration.draft(of, {
    ...untouched,
    cluster,
    applied: { dynamicConfig: applied } as never,
  })
}

/** The declared configuration with some parameters of PostgreSQL changed, as patronictl edit-config does. */
function withParameters(parameters: Tree): Tree {
  const postgresql = declared['postgresql'] as { parameters: Tree }
  return {
    ...declared,
    postgresql: { ...postgresql, parameters: { ...postgresql.parameters, ...parameters } },
  }
}

/** The spec with the edits of the drafts in it. */
function adopted(drafts: ReturnType<typeof draftsOf>): Omit<SpecInput, 'name'> {
  const spec: Record<string, unknown> = {}
  for (const { adopt } of drafts) {
    if (adopt?.kind !== 'edit') throw new Error('nothing to adopt')
    const path = parsePath(adopt.path) ?? []
    Object.assign(spec, patchOf([{ path: [...path], found: undefined, wanted: adopt.to }]))
  }
  return spec
}

test('two parameters changed by hand are two steps, each with its own way into the spec', () => {
  const drafts = draftsOf(withParameters({ work_mem: '33MB', max_connections: 91 }))
  expect(drafts).toMatchObject([
    {
      id: 'dynamic-config:postgresql.parameters.max_connections',
      cause: 'drift',
      impact: 'restart',
      adopt: { kind: 'edit', path: 'postgres.settings.max_connections', to: '91' },
    },
    {
      id: 'dynamic-config:postgresql.parameters.work_mem',
      cause: 'drift',
      impact: 'reload',
      action: { patch: { postgresql: { parameters: { work_mem: null } } } },
      adopt: { kind: 'edit', path: 'postgres.settings.work_mem', to: '33MB' },
    },
  ])
})

test.each([
  [
    'the clocks of another preset',
    { ttl: 60, loop_wait: 10, retry_timeout: 20 },
    'topology.failover',
    'wide',
  ],
  ['no synchronous commits', { synchronous_mode: false }, 'topology.durability', 'async'],
  ['quorum commits', { synchronous_mode: 'quorum' }, 'topology.durability', 'quorum'],
  ['writes that wait for ever', { synchronous_mode_strict: true }, 'topology.durability', 'strict'],
])('%s has its word in the spec, and the next plan keeps it', (_what, change, path, to) => {
  const clocks = 'ttl' in change ? { primary_start_timeout: 60, primary_stop_timeout: 20 } : {}
  const found = { ...declared, ...change, ...clocks }
  const drafts = draftsOf(found)
  expect(drafts).toHaveLength(1)
  expect(drafts[0]).toMatchObject({ cause: 'drift', adopt: { kind: 'edit', path, to } })
  // what means nothing without synchronous commits is tidied away at most
  const next = draftsOf(found, { of: wantedOf(adopted(drafts)) })
  expect(next.filter(({ cause }) => cause === 'drift')).toEqual([])
})

test.each([
  [2_097_152, '2MB'],
  [1_000_001, '1000001B'],
])(
  'another lag of async, %i, goes into the spec as %s; otherwise there is no limit to change',
  (bytes, to) => {
    const topology = { durability: 'async' } as const
    const of = wantedOf({ topology })
    const applied = of.dynamicConfig ?? {}
    const found = { ...applied, maximum_lag_on_failover: bytes }
    const [draft, ...more] = draftsOf(found, { of, applied })
    expect(more).toEqual([])
    expect(draft?.adopt).toEqual({ kind: 'edit', path: 'topology.lagOnFailover', to })
    expect(draftsOf(found, { of: wantedOf({ topology: { ...topology, lagOnFailover: to } }) })).toEqual([])
    const [limited] = draftsOf({ ...declared, maximum_lag_on_failover: bytes })
    expect(limited?.because).toContain('it can only be taken back')
  },
)

test.each([
  ['max_slot_wal_keep_size', '7GB', 'topology.slotKeep', '7GB'],
  ['max_slot_wal_keep_size', 900, 'topology.slotKeep', '900MB'],
  ['max_connections', 91, 'postgres.settings.max_connections', '91'],
  ['max_locks_per_transaction', 128, 'postgres.settings.max_locks_per_transaction', '128'],
  ['track_commit_timestamp', true, 'postgres.settings.track_commit_timestamp', 'on'],
])('%s %s goes into the spec as %s, and the next plan keeps it', (name, value, path, to) => {
  const [draft, ...more] = draftsOf(withParameters({ [name]: value }))
  expect(more).toEqual([])
  expect(draft?.adopt).toEqual({ kind: 'edit', path, to })
  const next = wantedOf(adopted([draft].filter((each) => each !== undefined)))
  // written differently at most: 900 are megabytes, true is on
  expect(draftsOf(withParameters({ [name]: to }), { of: next })).toEqual([])
})

test.each([
  ['clocks that are no preset', { ttl: 33 }],
  ['failsafe mode off', { failsafe_mode: false }],
  ['a slot of somebody', { slots: { mine: { type: 'physical' } } }],
  ['unlimited slots', withParameters({ max_slot_wal_keep_size: -1 })],
  ['what pgherd sets itself', withParameters({ wal_log_hints: 'off' })],
  ['what nobody may set', withParameters({ fsync: 'off' })],
  ['fewer than Patroni takes', withParameters({ max_wal_senders: 3 })],
  ['a parameter taken out', withParameters({ max_worker_processes: undefined })],
])('%s can only be taken back, and that is said', (_what, change) => {
  const drafts = draftsOf({ ...declared, ...change })
  expect(drafts.length).toBeGreaterThan(0)
  for (const draft of drafts) {
    expect(draft).toMatchObject({ cause: 'drift' })
    expect(draft.adopt).toBeUndefined()
    expect(draft.because).toContain('it can only be taken back')
  }
})

test('quorum is no word where the installed Patroni does not know it', () => {
  const old = wantedState(patroniInput('3.0.2'))
  const found = { ...old.dynamicConfig, synchronous_mode: 'quorum' }
  expect(draftsOf(found, { of: old, applied: old.dynamicConfig ?? {} })[0]?.adopt).toBeUndefined()
})

test('what the spec changed is no drift, beside what somebody changed', () => {
  const next = wantedOf({ topology: { failover: 'wide' } })
  const drafts = draftsOf(withParameters({ work_mem: '33MB' }), { of: next })
  expect(drafts.map(({ id, cause }) => [id, cause])).toEqual([
    ['dynamic-config:topology.failover', 'change'],
    ['dynamic-config:postgresql.parameters.work_mem', 'drift'],
  ])
  expect(drafts[0]?.because).not.toContain('taken back')
})

test('a value that may hold a password is neither shown nor adopted', () => {
  const [draft] = draftsOf(withParameters({ primary_conninfo: 'host=a password=geheim' }))
  expect(draft?.adopt).toBeUndefined()
  expect(JSON.stringify(draft)).not.toContain('geheim')
})
