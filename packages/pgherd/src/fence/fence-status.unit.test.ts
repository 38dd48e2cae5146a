import { expect, test } from 'vitest'
import { beginState, fenceObservation, type FenceStatus } from './fence-status.ts'

const state = { startedAt: 10, askedAt: 90, contactAt: 89, lastSeen: 1000, server: 'primary' } as const
const previous: FenceStatus = { pid: 1, boot: 'b', at: 91, state }

test('a fence that died just now is carried on, so that dying again and again gains no time', () => {
  expect(beginState(previous, 'b', 92)).toEqual(state)
})

test('what is old, of another boot or from the future is not carried on', () => {
  const anew = (now: number) => ({ startedAt: now, server: 'stopped' })
  expect(beginState(undefined, 'b', 5)).toEqual(anew(5))
  expect(beginState(previous, 'b', 95)).toEqual(anew(95))
  expect(beginState(previous, 'other', 92)).toEqual(anew(92))
  expect(beginState(previous, 'b', 90)).toEqual(anew(90))
})

test('a status of this boot says how old it is, and an action is told whichever boot it was in', () => {
  const left = [7]
  const action = {
    do: 'stop-server',
    why: 'no lease',
    time: '2026-01-01T00:00:00.000Z',
    tookMs: 3,
    left,
  } as const
  expect(fenceObservation('pg1', previous, 'b', 93.5)).toEqual({
    member: 'pg1',
    silentSeconds: 2.5,
    lastAction: null,
  })
  expect(fenceObservation('pg1', { ...previous, lastAction: action }, 'other', 5)).toEqual({
    member: 'pg1',
    silentSeconds: null,
    lastAction: { do: 'stop-server', why: 'no lease', time: '2026-01-01T00:00:00.000Z', left },
  })
  expect(fenceObservation('pg1', undefined, 'b', 5)).toMatchObject({ silentSeconds: null })
})
