import { expect, test } from 'vitest'
import { waitForTime } from './wait-for-time.ts'

test('the time is waited for, not the number of seconds: a clock that is set forward ends it', async () => {
  const at = new Date('2026-11-24T22:00:00Z')
  const readings = [40, 20, 0].map((left) => new Date(at.getTime() - left))
  const never = new AbortController().signal
  await waitForTime(at, () => readings.shift() ?? at, never)
  expect(readings).toEqual([])
})

test('it is cancelled at once, with the reason', async () => {
  const stop = new AbortController()
  const waiting = waitForTime(new Date('2100-01-01T00:00:00Z'), () => new Date(), stop.signal)
  stop.abort(new Error('Ctrl-C'))
  await expect(waiting).rejects.toThrow('Ctrl-C')
})
