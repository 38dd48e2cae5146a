import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { promises } from './registry.ts'

test('every promise of the folder is registered under the name of its file', () => {
  const files = readdirSync(join(import.meta.dirname, 'promises')).map((name) => name.replace('.ts', ''))
  expect(promises.map(({ id }) => id).sort()).toEqual(files.sort())
})

test('each says what it promises and which rows of the documents it stands for', () => {
  for (const { promise, rows } of promises) {
    expect(promise).toMatch(/^[^A-Z\s].*[^.]$|^WAL |^\//)
    expect(rows.length).toBeGreaterThan(0)
    for (const row of rows) expect(row).toMatch(/^[A-Z]\d+$/)
  }
})
