import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FenceTiming } from '../components/fence/fence-file.ts'
import { failoverTiming } from '../components/failover-timing.ts'
import {
  certainFor,
  decideFence,
  noteAnswer,
  noteUnknown,
  noteLeader,
  noteServer,
  noteStandstill,
  noteTtl,
  primaryUntil,
  watchable,
  type FenceState,
} from './decide.ts'

const timing: FenceTiming = { ttl: 8, loopWait: 1, retryTimeout: 3, fenceMargin: 1 }
const primary: FenceState = { startedAt: 0, server: 'primary', patroniAt: 0 }
const plain = { failsafe: false, paused: false }
const answered = (...answers: readonly (readonly [askedAt: number, lastSeen: number])[]) =>
  answers.reduce((state, [askedAt, lastSeen]) => noteAnswer(state, { ...plain, lastSeen }, askedAt), primary)
const doing = (state: FenceState, now: number) => decideFence(state, timing, now).do

test('a primary is stopped when the lease stops being certain, not before', () => {
  const state = answered([99, 1000], [100, 1001])
  expect(primaryUntil(state, timing)).toBe(99 + 8 - 1 - 1)
  expect(doing(state, 104.9)).toBe('nothing')
  expect(doing(state, 105)).toBe('stop-server')
})

test('a primary beside another leader is stopped, unless that passes within seconds or the cluster is paused', () => {
  const sure = answered([99, 1000], [100, 1001])
  const seen = (...at: readonly number[]) =>
    at.reduce((state, each) => noteLeader(state, 'pg1', 'pg2', each), sure)
  expect(doing(seen(100, 102.9), 102.9)).toBe('nothing')
  expect(doing(seen(100), 104)).toBe('nothing')
  expect(decideFence(seen(100, 101, 103), timing, 103)).toMatchObject({
    do: 'stop-server',
    why: expect.stringContaining('pg2 has held the leader lock') as string,
  })
  expect(doing(noteLeader(seen(100, 103), 'pg1', 'pg1', 103.5), 104)).toBe('nothing')
  expect(doing(noteLeader(seen(100, 103), 'pg1', undefined, 103.5), 104)).toBe('nothing')
  expect(doing({ ...seen(100, 103), pausedAt: 102 }, 104)).toBe('nothing')
  // one that has been a standby meanwhile begins anew
  expect(doing(noteServer(noteServer(seen(100, 103), 'standby'), 'primary'), 104)).toBe('nothing')
  expect(doing(noteServer(seen(100, 103), 'primary'), 104)).toBe('stop-server')
})

test('a server that Patroni does not know for its own is stopped after a while, unless it is known again or paused', () => {
  const standby = noteServer(primary, 'standby')
  const since = noteUnknown(noteAnswer(standby, { ...plain, lastSeen: 100 }, 100), true, 100)
  expect(doing(noteUnknown(since, true, 114), 114)).toBe('nothing')
  expect(decideFence(noteUnknown(since, true, 115), timing, 115)).toMatchObject({
    do: 'stop-server',
    why: expect.stringContaining('has not known its own server') as string,
  })
  expect(doing(noteUnknown(since, false, 115), 115)).toBe('nothing')
  expect(doing({ ...since, pausedAt: 110 }, 115)).toBe('nothing')
  expect(noteUnknown(noteServer(since, 'stopped'), true, 115).unknownSince).toBeUndefined()
})

test('a standby is never stopped, whatever is silent', () => {
  expect(doing({ ...primary, server: 'standby' }, 10)).toBe('nothing')
  expect(doing({ ...primary, server: 'standby' }, 1000)).toBe('restart-patroni')
  expect(doing({ ...primary, server: 'stopped' }, 1000)).toBe('restart-patroni')
})

test('a fence that starts beside a dead Patroni waits for one loop with its retries, and no longer', () => {
  expect(doing(primary, 4.9)).toBe('nothing')
  expect(doing(primary, 5)).toBe('stop-server')
})

test('the first answer proves nothing: nobody knows how old it is', () => {
  expect(primaryUntil(answered([1, 1000]), timing)).toBe(5)
  expect(primaryUntil(answered([1, 1000], [2, 1000]), timing)).toBe(5)
  expect(primaryUntil(answered([1, 1000], [2, 1001]), timing)).toBe(1 + 6)
})

test('a clock that is set back counts as contact like any other change, and one that reads 0 does not', () => {
  expect(answered([1, 1000], [2, 400]).contactAt).toBe(1)
  expect(answered([1, 1000], [2, 0]).contactAt).toBeUndefined()
  expect(answered([1, 1000], [2, 0], [3, 1003]).contactAt).toBe(2)
})

test('an answer that overtook another one is not taken for news', () => {
  expect(answered([1, 1000], [3, 1003], [2, 1001])).toEqual(answered([1, 1000], [3, 1003]))
})

test('Patroni in failsafe mode keeps its server while it says so, and for as long as the others keep their word', () => {
  const failsafe = noteAnswer(
    answered([99, 1000], [100, 1001]),
    { ...plain, lastSeen: 1001, failsafe: true },
    104,
  )
  expect(doing(failsafe, 106.9)).toBe('nothing')
  expect(doing(failsafe, 107)).toBe('stop-server')
})

test('a paused Patroni that answers keeps its server without etcd', () => {
  let state = answered([99, 1000], [100, 1001])
  for (let now = 101; now < 200; now++) {
    state = noteAnswer(state, { ...plain, lastSeen: 1001, paused: true }, now)
    expect(doing(state, now + 1)).toBe('nothing')
  }
  expect(doing(state, 199 + 6)).toBe('stop-server')
})

test('a Patroni that starts, or does not listen yet, is no frozen one', () => {
  const standby: FenceState = { ...primary, server: 'standby' }
  expect(doing({ ...standby, patroniAt: 90 }, 100)).toBe('nothing')
  expect(doing({ ...standby, refusedAt: 99 }, 100)).toBe('nothing')
  expect(doing({ ...standby, askedAt: 83.9 }, 100)).toBe('restart-patroni')
  const { patroniAt, ...without } = standby
  expect(patroniAt).toBe(0)
  expect(doing(without, 100)).toBe('nothing')
})

test('after its own standstill the fence believes a Patroni that went on, and no other', () => {
  const before = answered([99, 1000], [100, 1001])
  const now = 150
  const went = noteAnswer(before, { ...plain, lastSeen: 1050 }, now)
  expect(doing(noteStandstill(before, went, now), now)).toBe('nothing')
  const stuck = noteAnswer(before, { ...plain, lastSeen: 1001 }, now)
  expect(doing(noteStandstill(before, stuck, now), now)).toBe('stop-server')
  expect(doing(noteStandstill(before, before, now), now)).toBe('stop-server')
})

test('a ttl that was lowered by hand counts at once, and one that was raised does not', () => {
  const state = answered([99, 1000], [100, 1001])
  const lowered = noteTtl(state, 6, 100)
  expect(primaryUntil(lowered, timing)).toBe(99 + 6 - 1 - 1)
  expect(doing(lowered, 102.9)).toBe('nothing')
  expect(doing(lowered, 103)).toBe('stop-server')
  expect(primaryUntil(noteTtl(state, 60, 100), timing)).toBe(primaryUntil(state, timing))
  // what was told last stays in force when Patroni is silent
  expect(certainFor(lowered, timing)).toBe(4)
})

test('a longer ttl counts when etcd was read after it was told: the lease may be one of the shorter', () => {
  const short = noteTtl(answered([99, 1000], [100, 1001]), 6, 100)
  const told = noteTtl(short, 8, 101)
  expect(certainFor(told, timing)).toBe(4)
  const again = noteAnswer(
    noteAnswer(told, { ...plain, lastSeen: 1001 }, 102),
    { ...plain, lastSeen: 1003 },
    103,
  )
  expect(certainFor(again, timing)).toBe(4)
  expect(certainFor(noteTtl(again, 8, 104), timing)).toBe(6)
  // another value in between begins anew, and a shorter one counts at once
  expect(certainFor(noteTtl(again, 7, 104), timing)).toBe(4)
  expect(certainFor(noteTtl(noteTtl(told, 5, 102), 8, 103), timing)).toBe(3)
})

test('a ttl too short to be watched does not have the fence stop a healthy primary', () => {
  expect(watchable(8, timing)).toBe(true)
  expect(watchable(5, timing)).toBe(true)
  for (const ttl of [1, 2, 3, 4]) {
    expect(watchable(ttl, timing)).toBe(false)
    expect(certainFor({ ttl }, timing)).toBe(3)
  }
})

/** One life of a Patroni: when it reads etcd, how the time of day is set meanwhile, when the fence asks, when it dies. */
const life = fc.record({
  preset: fc.constantFrom('fast', 'normal', 'wide'),
  loops: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 30 }),
  steps: fc.array(fc.record({ at: fc.nat(400), by: fc.integer({ min: -100_000, max: 100_000 }) }), {
    maxLength: 5,
  }),
  every: fc.double({ min: 0.3, max: 1.2, noNaN: true }),
  latency: fc.double({ min: 0.001, max: 0.9, noNaN: true }),
  renewedLast: fc.boolean(),
} as const)

/** What the fence believes at a moment of a life, having asked all along; silent from `dies` on. */
function believed(
  reads: readonly number[],
  dies: number,
  { steps, every, latency }: Life,
  now: number,
): FenceState {
  const wall = (at: number) =>
    steps.reduce((time, step) => (step.at <= at ? time + step.by : time), 1_700_000_000 + at)
  let state = primary
  for (let asked = 0; asked + latency <= Math.min(now, dies); asked += every) {
    const read = reads.findLast((at) => at <= asked + latency)
    state = noteAnswer(state, { ...plain, lastSeen: read === undefined ? 0 : Math.floor(wall(read)) }, asked)
  }
  return state
}
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

test('however the time of day is set, a primary stops before its lease can end', () => {
  fc.assert(
    fc.property(life, (found) => {
      const clocks = failoverTiming(found.preset, '3.0.2')
      let at = 0
      const reads = found.loops.map((share) => (at += clocks.loopWait * (0.5 + share / 2)))
      const last = reads.at(-1) ?? 0
      // frozen right after the last reading: the renewal that follows it may or may not have been made
      const renewed = (found.renewedLast ? last : reads.at(-2)) ?? 0
      const end = Math.max(renewed + clocks.ttl, clocks.ttl)
      const state = believed(reads, last, found, end)
      expect(primaryUntil(state, clocks)).toBeLessThanOrEqual(end - clocks.fenceMargin + 1e-9)
    }),
  )
})

test('however the time of day is set, a healthy primary with retries is left alone', () => {
  fc.assert(
    fc.property(life, (found) => {
      const clocks = failoverTiming(found.preset, '3.0.2')
      let at = 0
      // any loop may need all its retries; two readings never fall into one second unless a step of the clock makes them
      const reads = found.loops.map((share) => (at += clocks.loopWait + share * (clocks.retryTimeout - 1)))
      for (let now = 0; now < at; now += found.every) {
        const state = believed(reads, Infinity, { ...found, steps: [] }, now)
        expect(decideFence(state, clocks, now).do).toBe('nothing')
      }
    }),
    { numRuns: 50 },
  )
})
