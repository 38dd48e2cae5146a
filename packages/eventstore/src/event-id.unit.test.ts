import { expect, test } from 'vitest'
import { isEventId, newEventId } from './event-id.ts'

test('ids are UUIDs of version 7 that carry their time and do not repeat', () => {
  const now = Date.parse('2026-11-29T12:00:00Z')
  const ids = Array.from({ length: 2000 }, () => newEventId(now))
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(now)
  }
})

test('a later id is greater', () => {
  expect(newEventId(1_000_000) > newEventId(999_999)).toBe(true)
})

test.each(['', 'x', '0192f0c1-0000-7000-8000-00000000000', '{0192f0c1-0000-7000-8000-000000000000}'])(
  '%j is no id',
  (id) => expect(isEventId(id)).toBe(false),
)
