import { expect, test } from 'vitest'
import { decideCron } from './schedule.ts'

const daily = '30 1 * * *'
const at = (local: string) => new Date(local)
const none = new Map<number, number>()

test('nothing is due before its time', () => {
  const decision = decideCron(
    daily,
    { handledUntil: at('2026-01-10T02:00:00'), ran: none },
    at('2026-01-11T01:29:59'),
    0,
  )
  expect(decision).toEqual({ due: false, handledUntil: at('2026-01-10T02:00:00') })
})

test('due on the second', () => {
  const decision = decideCron(
    daily,
    { handledUntil: at('2026-01-10T02:00:00'), ran: none },
    at('2026-01-11T01:30:00'),
    0,
  )
  expect(decision).toMatchObject({
    due: true,
    late: false,
    repeated: false,
    occurrence: at('2026-01-11T01:30:00'),
  })
})

test('a week of missed runs is one run, named after the newest and late', () => {
  const decision = decideCron(
    daily,
    { handledUntil: at('2026-01-03T02:00:00'), ran: none },
    at('2026-01-10T12:00:00'),
    0,
  )
  expect(decision).toMatchObject({
    due: true,
    late: true,
    occurrence: at('2026-01-10T01:30:00'),
    handledUntil: at('2026-01-10T12:00:00'),
  })
})

test('a clock set back a year stalls nothing: the next occurrence of the new time counts', () => {
  const handledUntil = at('2027-01-10T02:00:00')
  const now = at('2026-01-10T00:00:00')
  expect(decideCron(daily, { handledUntil, ran: none }, now, 0)).toEqual({ due: false, handledUntil: now })
})

test('a clock set back an hour repeats nothing, a clock set back a week leaves the daily runs daily', () => {
  const hour = 3_600_000
  const occurrence = at('2026-01-10T01:30:00')
  const ran = new Map([[occurrence.getTime(), 0]])
  const memory = { handledUntil: at('2026-01-10T01:00:00'), ran }
  expect(decideCron(daily, memory, occurrence, hour)).toMatchObject({ due: true, repeated: true })
  expect(decideCron(daily, memory, occurrence, 24 * 7 * hour)).toMatchObject({ due: true, repeated: false })
})

test('a year without the agent is decided quickly, also for a job of every minute', () => {
  const decision = decideCron(
    '* * * * *',
    { handledUntil: at('2025-01-10T00:00:00'), ran: none },
    at('2026-01-10T00:00:00'),
    0,
  )
  expect(decision).toMatchObject({ due: true, late: true })
})
