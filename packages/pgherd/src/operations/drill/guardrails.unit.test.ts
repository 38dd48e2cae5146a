import { expect, test } from 'vitest'
import type { ClusterView, MemberView } from '../../plan/cluster-view.ts'
import { parseSpecValue } from '../../spec/parse.ts'
import { guardrails, requireSafe } from './guardrails.ts'

const parsed = parseSpecValue(
  {
    name: 'test',
    databases: { app: { owner: 'app' } },
    roles: { app: { access: 'owner' } },
    topology: { members: 3 },
    postgres: { version: 15, binaries: 'system' },
  },
  'pgherd.yaml',
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed))
const { spec } = parsed
const now = new Date('2026-11-24T12:00:00Z')

const member = (name: string, changes: Partial<MemberView> = {}): MemberView => ({
  name,
  role: 'standby',
  state: 'streaming',
  timeline: 1,
  sync: 'async',
  pendingRestart: false,
  ...changes,
})

const healthy: ClusterView = {
  leader: 'pg1',
  members: [
    member('pg1', { role: 'primary', state: 'running', sync: 'none' }),
    member('pg2', { sync: 'sync' }),
    member('pg3'),
  ],
  etcd: { members: [{ name: 'pg1', healthy: true, leader: true }], quorum: true },
  paused: false,
  failsafeActive: false,
  synchronous: ['pg2'],
  pools: [],
  routes: [],
}

function reasons(view: Partial<ClusterView>, provenAt: string | undefined = '2026-11-24T03:00:00Z') {
  return guardrails({ spec, view: { ...healthy, ...view }, provenAt, now })
}

test('a healthy cluster with a recent proof may be drilled', () => {
  expect(reasons({})).toEqual([])
})

test.each<[string, Partial<ClusterView>]>([
  ['automation is paused', { paused: true }],
  ['no majority', { etcd: { members: [], quorum: false } }],
  [
    'etcd on pg2 does not answer',
    { etcd: { members: [{ name: 'pg2', healthy: false, leader: false }], quorum: true } },
  ],
  [
    'no member follows synchronously',
    { members: healthy.members.map((each) => ({ ...each, sync: 'async' })) },
  ],
  ['1 of 3 members are missing', { members: healthy.members.slice(0, 2) }],
  [
    'pg3 does not answer',
    { members: [...healthy.members.slice(0, 2), member('pg3', { role: 'unreachable' })] },
  ],
])('%s: refused', (why, view) => {
  const [finding, ...others] = reasons(view)
  expect(finding).toMatchObject({ code: 'DRILL_UNHEALTHY', detail: expect.stringContaining(why) as string })
  expect(others).toEqual([])
})

test('without a proof of the last two days a drill is a gamble', () => {
  for (const provenAt of ['', '2026-11-20T03:00:00Z'])
    expect(guardrails({ spec, view: healthy, provenAt: provenAt || undefined, now })).toMatchObject([
      { code: 'DRILL_NO_PROOF', mend: { argv: ['pgherd', 'prove'] } },
    ])
})

test('every reason is said at once', () => {
  const all = () => requireSafe({ spec, view: { ...healthy, paused: true }, provenAt: undefined, now })
  expect(all).toThrow(/DRILL_UNHEALTHY[^]*DRILL_NO_PROOF/)
})
