import { expect, test } from 'vitest'
import { gucNames, gucOf, majors, majorsWith } from './guc.ts'
import { retiredGucs } from './renamed-gucs.ts'

test.each(retiredGucs)('$name is gone in $goneIn and its successor exists', ({ name, goneIn, becomes }) => {
  expect(majorsWith(name)).toEqual(majors.filter((major) => major < goneIn))
  if (becomes) expect(gucOf(becomes, 18)).toBeDefined()
})

test('every setting that a newer major dropped is in the list', () => {
  const dropped = [15, 16, 17].flatMap((before) =>
    gucNames(before as 15).filter((name) => gucOf(name, (before + 1) as 16) === undefined),
  )
  expect(dropped.length).toBeGreaterThan(5)
  expect(dropped.filter((name) => !retiredGucs.some((retired) => retired.name === name))).toEqual([])
})
