import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { drillNames } from '../../spec/sections/drills.ts'
import { drillNamed, drills } from './registry.ts'

test('every drill of the spec is a file of the folder and registered under its name', () => {
  const files = readdirSync(join(import.meta.dirname, 'drills')).map((name) => name.replace('.ts', ''))
  expect(drills.map(({ name }) => name).sort()).toEqual([...drillNames].sort())
  expect(files.sort()).toEqual([...drillNames].sort())
})

test('each says what it does, what may happen and what must, and a moment is not held', () => {
  const bounds = { lease: 8, killPostgres: 3, memberLoss: 10, switchover: 3 }
  for (const drill of drills) {
    const said = drill.says({ member: 'pg1', details: { volume: '/v', repository: '/r' } })
    for (const text of Object.values(said)) expect(text).toMatch(/^\S.*[^.]$/)
    expect(drill.expectation(bounds).writeGap).toBeGreaterThan(0)
    if (drill.fault === 'moment') expect(drill.holdSeconds(bounds)).toBe(0)
  }
})

test('an unknown name is answered with the names there are', () => {
  expect(() => drillNamed('earthquake')).toThrow(/DRILL_UNKNOWN: .*switchover, .*disk-full/)
})
