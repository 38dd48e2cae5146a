import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openScratch, scratchDirectory } from './scratch-repository.testkit.ts'
import { holdsSealedBackups } from './sealed-backups.ts'

test('backups need a key unless their repository says that it is plain', async () => {
  await using directory = await scratchDirectory()
  const root = join(directory.path, 'repository')
  expect(holdsSealedBackups(root)).toBe(false)
  await openScratch(directory.path)
  expect(holdsSealedBackups(root)).toBe(false)
  mkdirSync(join(root, 'base', '20261121T010000Z'), { recursive: true })
  expect(holdsSealedBackups(root)).toBe(false)
  for (const copy of ['repository.json', 'repository.copy.json']) appendFileSync(join(root, copy), 'damage')
  expect(holdsSealedBackups(root)).toBe(true)
})
