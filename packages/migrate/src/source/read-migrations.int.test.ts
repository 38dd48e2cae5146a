import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { MigrateError } from '../diagnostic/diagnostic.ts'
import { embedMigrations } from './embed-migrations.ts'
import { readMigrations } from './read-migrations.ts'

const root = mkdtempSync(join(tmpdir(), 'migrations-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function folderOf(files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(root, 'f-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

test('a folder gives what the same files give as data; other files and folders are passed over', () => {
  const files = {
    '001_a.sql': 'create table a ()',
    '001_a.down.sql': 'drop table a',
    '002_b.sql': 'select 1',
  }
  const folder = folderOf({ ...files, 'README.md': 'about' })
  mkdirSync(join(folder, '003_dir.sql'))
  expect(readMigrations(folder)).toEqual(embedMigrations(files))
})

test('a module is loaded from its file when it is asked for', async () => {
  const folder = folderOf({
    '001_fill.ts': 'export const up = async (client: { query: unknown }) => client\n',
  })
  const [migration] = readMigrations(folder)
  const script = migration?.up
  expect(script?.kind).toBe('code')
  if (script?.kind === 'code') expect(Object.keys(await script.load())).toEqual(['up'])
})

test('bytes that are no UTF-8 are refused; a replacement character that somebody wrote is not', () => {
  const bad = folderOf({ '001_a.sql': Buffer.from([0x73, 0xff, 0x74]), '002_b.sql': "select '\ufffd'" })
  let thrown: unknown
  try {
    readMigrations(bad)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(MigrateError)
  expect((thrown as MigrateError).diagnostics.map(({ code, at }) => [code, at.file])).toEqual([
    ['MIGRATE_TEXT_INVALID', '001_a.sql'],
  ])
})

test('a folder that is not there is an error with a mend', () => {
  expect(() => readMigrations(join(root, 'nowhere'))).toThrow(
    /MIGRATE_FOLDER_UNREADABLE: .*nowhere.*\n {2}mend: name a folder/,
  )
})
