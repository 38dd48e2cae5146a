import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteSetting, restartSettings, settingsInFile } from './settings-file.ts'

test('every value comes back as it was', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 30 }).filter((text) => !text.includes('\0')),
      (value) => {
        const settings = settingsInFile(`a.b = ${quoteSetting(value)}\nport = 1 # end\n`)
        expect([...settings]).toEqual([
          ['a.b', value],
          ['port', '1'],
        ])
      },
    ),
  )
})

test('reads what the server reads', () => {
  const file = `
# a comment
work_mem 4MB
Shared_Buffers='128MB'   # why
search_path = 'a, ''b'', \\'c\\''
work_mem = 8MB\r
empty = ''
include 'other.conf'
garbage here and there
`
  expect([...settingsInFile(file)]).toEqual([
    ['work_mem', '8MB'],
    ['shared_buffers', '128MB'],
    ['search_path', "a, 'b', 'c'"],
    ['empty', ''],
    ["include 'other.conf'", ''],
    ['garbage here and there', ''],
  ])
})

test('only settings that differ in meaning and need it wait for a restart', () => {
  const before = new Map([
    ['shared_buffers', '128MB'],
    ['max_connections', '100'],
    ['work_mem', '4MB'],
    ['autovacuum_max_workers', '3'],
    ['ssl', 'on'],
  ])
  const after = new Map([
    ['shared_buffers', '131072kB'],
    ['max_connections', '120'],
    ['work_mem', '8MB'],
    ['autovacuum_max_workers', '5'],
    ['max_wal_senders', '10'],
    ['ssl', 'true'],
  ])
  expect(restartSettings(before, after, 17)).toEqual([
    'autovacuum_max_workers',
    'max_connections',
    'max_wal_senders',
  ])
  expect(restartSettings(before, after, 18)).toEqual(['max_connections', 'max_wal_senders'])
})
