import { expect, test } from 'vitest'
import { verdict, type Pulses } from './verdict.ts'

const good: Pulses = {
  door: { lastGood: 10_000, silentSince: null, reason: null, absent: false },
  session: { lastGood: 10_200, silentSince: null, reason: null, refused: false },
}

test.each<[string, Pulses, number, string]>([
  ['both answered', good, 10_500, 'up'],
  ['a probe is under way', { ...good, session: { ...good.session, silentSince: 10_400 } }, 11_800, 'up'],
  ['the session is silent', { ...good, session: { ...good.session, silentSince: 10_400 } }, 11_901, 'frozen'],
  [
    'the door is silent while sessions work',
    { ...good, door: { ...good.door, silentSince: 10_400 } },
    11_901,
    'frozen',
  ],
  [
    'nothing listens',
    { ...good, door: { ...good.door, absent: true, reason: 'connect ECONNREFUSED' } },
    10_500,
    'down',
  ],
  [
    'no new session',
    { ...good, session: { ...good.session, refused: true, reason: 'starting up' } },
    10_500,
    'refusing',
  ],
  [
    'not looked yet',
    { door: { ...good.door, lastGood: null }, session: { ...good.session, lastGood: null } },
    10,
    'unknown',
  ],
])('%s', (_, pulses, now, state) => {
  expect(verdict(pulses, now).state).toBe(state)
})

test('the silence counts from the older of the two good answers', () => {
  expect(verdict(good, 13_000).silentSeconds).toBe(3)
})
