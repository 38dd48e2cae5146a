import { expect, test } from 'vitest'
import type { MemberView } from '../../plan/cluster-view.ts'
import { healthyView, leaderless, primary, standby } from '../cluster-view.testkit.ts'
import { decideHealing, type HealingFacts } from './decide.ts'
import type { Trouble, Troubles } from './trouble.ts'

const start = Date.parse('2026-11-24T12:00:00Z')
const at = (seconds: number) => new Date(start + seconds * 1000)
const since = at(0).toISOString()
const trouble = (more: Partial<Trouble> = {}): Trouble => ({ since, from: since, attempts: [], ...more })
/** A cluster whose third member is as said. */
const withThird = (change: Partial<MemberView>) =>
  healthyView({ members: [primary('pg1'), standby('pg2'), standby('pg3', change)] })
const broken = withThird({ state: 'start failed' })
const known: Troubles = { pg3: trouble() }

/** Every ten seconds a look; what came of them. */
function watch(look: (second: number) => Partial<MemberView>, seconds: number, facts = none) {
  let troubles: Troubles = {}
  const cloned: { readonly second: number; readonly force: boolean }[] = []
  const found: (readonly string[])[] = []
  for (let second = 0; second < seconds; second += 10) {
    const healing = decideHealing(withThird(look(second)), troubles, at(second), undefined, facts(second))
    troubles = healing.troubles
    for (const act of healing.acts) if (act.do === 'reinitialize') cloned.push({ second, force: act.force })
    found.push(healing.findings.map(({ code }) => code))
  }
  return { cloned, last: found.at(-1), found, troubles }
}
const none = (_second: number): HealingFacts => ({})

test('a cluster that streams needs nothing, and what was remembered is forgotten', () => {
  expect(decideHealing(healthyView(), known, at(500))).toEqual({ acts: [], troubles: {}, findings: [] })
})

test('Patroni has a while to bring a member back by itself', () => {
  expect(decideHealing(broken, {}, at(0))).toMatchObject({
    acts: [{ do: 'wait', member: 'pg3' }],
    troubles: { pg3: { since, attempts: [] } },
  })
  expect(decideHealing(broken, known, at(59)).acts[0]?.do).toBe('wait')
})

test('then it is cloned, each time after twice the wait, three times at most, and then somebody is told', () => {
  const { cloned, last } = watch(() => ({ state: 'start failed' }), 2000)
  expect(cloned.map(({ second }) => second)).toEqual([60, 180, 420])
  expect(last).toEqual(['MEMBER_STUCK'])
})

test('a clone that moves is waited for, however long it takes', () => {
  const state = 'creating replica'
  const moving = (second: number) => ({ cloning: { bytes: second * 1000, clones: 1 } })
  expect(watch(() => ({ state }), 5000, moving)).toMatchObject({ cloned: [], last: [] })
})

test('one in which nothing moves is asked for anew, and cut off when Patroni is busy with it for too long', () => {
  const [first, ...rest] = watch(() => ({ state: 'creating replica' }), 700).cloned
  expect(first).toEqual({ second: 60, force: false })
  expect(decideHealing(withThird({ state: 'creating replica' }), known, at(600)).acts[0]).toMatchObject({
    do: 'reinitialize',
    force: true,
  })
  expect(rest.every(({ force }) => !force)).toBe(true)
})

test('a clone that Patroni begins anew over and over does not go on silently', () => {
  // fails after a minute and 60 MB, each time
  const state = 'creating replica'
  const { cloned, found, last } = watch(
    () => ({ state }),
    600,
    (second) => ({
      cloning: { bytes: (second % 60) * 1e6, clones: 1 },
    }),
  )
  expect(cloned).toEqual([])
  expect(found[20]).toEqual([])
  expect(last).toEqual(['MEMBER_STUCK'])
  // where several are cloned, the bytes of another one that is done are gone as well
  const several = (second: number) => ({ cloning: { bytes: (second % 60) * 1e6, clones: 2 } })
  expect(watch(() => ({ state }), 600, several).last).toEqual([])
})

test('a server that starts has time to recover, and one that replays is on its way', () => {
  expect(watch(() => ({ state: 'starting' }), 890).cloned).toEqual([])
  expect(watch(() => ({ state: 'starting' }), 1000).cloned).not.toEqual([])
  const replaying = (second: number) => ({ state: 'not streaming', replayed: 1e9 + second })
  expect(watch(replaying, 5000).cloned).toEqual([])
  expect(watch(() => ({ state: 'not streaming', replayed: 1e9 }), 100).cloned).toHaveLength(1)
})

test('a member that comes back after a long silence is given its time first', () => {
  const look = (second: number): Partial<MemberView> =>
    second < 600 ? { role: 'unreachable', state: 'unknown' } : { state: 'stopped' }
  const { cloned, found } = watch(look, 700)
  expect(found[10]).toEqual(['MEMBER_STUCK'])
  expect(cloned.map(({ second }) => second)).toEqual([660])
})

test('one that answers now and then is no silent one, and gains no time by it', () => {
  const look = (second: number): Partial<MemberView> =>
    second % 20 === 0 ? { role: 'unreachable', state: 'unknown' } : { state: 'start failed' }
  const { cloned, found } = watch(look, 200)
  expect(found.flat()).toEqual([])
  expect(cloned[0]?.second).toBe(70)
})

test('one member at a time is cloned', () => {
  const two = healthyView({
    members: [primary('pg1'), standby('pg2', { state: 'stopped' }), standby('pg3', { state: 'stopped' })],
  })
  const { acts } = decideHealing(two, { pg2: trouble(), pg3: trouble() }, at(100))
  expect(acts.map((act) => act.do)).toEqual(['reinitialize', 'wait'])
})

test('nothing is cloned without a primary, in a pause, without etcd or beside somebody at work, and the time does not count', () => {
  for (const [view, facts] of [
    [leaderless({ members: broken.members.slice(1) }), {}],
    [{ ...broken, paused: true }, {}],
    [{ ...broken, etcd: { members: [], quorum: false } }, {}],
    [broken, { atWork: 'pgherd scale' }],
  ] as const) {
    const { acts, troubles } = decideHealing(view, known, at(100), undefined, facts)
    expect(acts.every((act) => act.do === 'wait')).toBe(true)
    expect(decideHealing(broken, troubles, at(110)).acts[0]?.do).toBe('wait')
    expect(decideHealing(broken, troubles, at(160)).acts[0]?.do).toBe('reinitialize')
  }
})

test('the leader is never touched, whatever its state', () => {
  const view = healthyView({
    members: [primary('pg1', { state: 'starting' }), standby('pg2'), standby('pg3')],
  })
  expect(decideHealing(view, { pg1: trouble() }, at(100_000))).toEqual({
    acts: [],
    troubles: {},
    findings: [],
  })
})

test('a silent Patroni cannot be told to clone, so somebody is told; so is of a second primary', () => {
  const silent = { pg3: trouble({ silentSince: since }) }
  expect(decideHealing(withThird({ role: 'unreachable', state: 'unknown' }), silent, at(61))).toMatchObject({
    acts: [],
    findings: [{ code: 'MEMBER_STUCK', at: { member: 'pg3' } }],
  })
  const second = healthyView({ members: [primary('pg1'), standby('pg2'), primary('pg3')] })
  expect(decideHealing(second, known, at(61))).toMatchObject({
    acts: [],
    findings: [{ code: 'MEMBER_STUCK' }],
  })
})
