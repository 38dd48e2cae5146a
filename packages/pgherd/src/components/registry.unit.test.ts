import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { components } from './registry.ts'

test('every component of the folder is registered', () => {
  // access/ holds what several components share
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).filter((entry) =>
    existsSync(new URL(`./${entry.name}/component.ts`, import.meta.url)),
  )
  expect(components.map(({ name }) => name).sort()).toEqual(folders.map(({ name }) => name).sort())
})
