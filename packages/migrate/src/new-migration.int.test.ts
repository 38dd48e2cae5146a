import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { newMigration } from './new-migration.ts'

const root = mkdtempSync(join(tmpdir(), 'new-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

test('makes the folder and both files, then goes on counting', () => {
  const folder = join(root, 'a/migrations')
  expect(newMigration(folder, 'add orders')).toEqual({
    version: '1',
    files: [join(folder, '001_add_orders.sql'), join(folder, '001_add_orders.down.sql')],
  })
  newMigration(folder, 'more', { up: 'select 1;' })
  expect(readFileSync(join(folder, '002_more.sql'), 'utf8')).toBe('select 1;')
})

test('a file that is there is never overwritten, and then nothing is left of the attempt', () => {
  const folder = mkdtempSync(join(root, 'b-'))
  // a down file without its migration has the number that comes next
  writeFileSync(join(folder, '001_a.down.sql'), 'mine')
  expect(() => newMigration(folder, 'a')).toThrow(
    /MIGRATE_FILE_EXISTS: .*001_a.down.sql[^]*mend: choose another name/,
  )
  expect(readdirSync(folder)).toEqual(['001_a.down.sql'])
  expect(readFileSync(join(folder, '001_a.down.sql'), 'utf8')).toBe('mine')
})

test('a folder that cannot be one is an error with a mend, a bad name makes nothing', () => {
  const file = join(root, 'file')
  writeFileSync(file, '')
  expect(() => newMigration(join(file, 'x'), 'a')).toThrow(/MIGRATE_FOLDER_UNREADABLE[^]*mend/)
  expect(() => newMigration(join(root, 'c'), '../../etc')).toThrow(/MIGRATE_NAME_REFUSED/)
  expect(existsSync(join(root, 'c', '..', '..', 'etc.sql'))).toBe(false)
})
