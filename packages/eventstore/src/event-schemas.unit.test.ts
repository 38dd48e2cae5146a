import { expect, test } from 'vitest'
import { checkSchemas, upcast, type EventSchema, type Schemas } from './event-schemas.ts'

const schemas: Schemas = {
  Named: {
    version: 3,
    upcast: {
      1: (data) => ({ full: data }),
      2: (data) => ({ ...(data as object), upper: (data as { full: string }).full.toUpperCase() }),
    },
  },
}

test('data takes every step from its version to the present one', () => {
  expect(upcast('Named', 1, 'ann', schemas)).toEqual({ full: 'ann', upper: 'ANN' })
  expect(upcast('Named', 2, { full: 'bob' }, schemas)).toEqual({ full: 'bob', upper: 'BOB' })
  expect(upcast('Named', 3, 'as it is', schemas)).toBe('as it is')
  expect(upcast('Other', 1, 7, schemas)).toBe(7)
})

test('a version from the future is refused, not misread', () => {
  for (const [type, version] of [
    ['Named', 4],
    ['Other', 2],
  ] as const)
    expect(() => upcast(type, version, {}, schemas)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_UNKNOWN' }),
    )
})

test('a step that is missing, and a version that is none, are told before anything is read', () => {
  expect(checkSchemas(schemas)).toBe(schemas)
  const steps: EventSchema[] = [
    { version: 3, upcast: { 1: (data: unknown) => data } },
    { version: 0, upcast: {} },
    { version: 1.5, upcast: { 1: (data: unknown) => data } },
  ]
  for (const wrong of steps)
    expect(() => checkSchemas({ Named: wrong })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})
