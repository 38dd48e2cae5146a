import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codes } from './codes.ts'

const folder = join(import.meta.dirname, 'codes')
const areas = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))

test('each code is registered once, so that no area takes over the meaning of another', () => {
  const declared = areas.flatMap((text) =>
    [...text.matchAll(/^ {2}([A-Z0-9_]+): \{/gm)].map((match) => match[1]),
  )
  expect(declared.length).toBe(new Set(declared).size)
  expect(declared.sort()).toEqual(Object.keys(codes).sort())
})

test('a summary is fixed text: lower case, no full stop, no gap for data', () => {
  for (const { summary } of Object.values(codes)) expect(summary).toMatch(/^[^.{}$]*[^.{}$ ]$/)
})
