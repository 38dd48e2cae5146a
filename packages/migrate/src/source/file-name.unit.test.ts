import { expect, test } from 'vitest'
import { parseFileName } from './file-name.ts'

test.each([
  ['007_add_orders.sql', { version: '7', name: 'add_orders', part: 'up' }],
  ['007_add_orders.down.sql', { version: '7', name: 'add_orders', part: 'down' }],
  ['007_add_orders.rollback.sql', { version: '7', name: 'add_orders', part: 'down' }],
  ['20240131120000_add_orders.up.sql', { version: '20240131120000', name: 'add_orders', part: 'up' }],
  ['1684258264867_add-orders.sql', { version: '1684258264867', name: 'add-orders', part: 'up' }],
  ['1684258264867-add-orders.sql', { version: '1684258264867', name: 'add-orders', part: 'up' }],
  ['000_first.ts', { version: '0', name: 'first', part: 'code' }],
  ['12_fill.mjs', { version: '12', name: 'fill', part: 'code' }],
  [
    '9007199254740993_beyond_doubles.sql',
    { version: '9007199254740993', name: 'beyond_doubles', part: 'up' },
  ],
  ['9223372036854775807_last.sql', { version: '9223372036854775807', name: 'last', part: 'up' }],
])('%s is read', (file, expected) => {
  expect(parseFileName(file)).toEqual(expected)
})

test.each([
  'add_orders.sql',
  '7.sql',
  '007_.sql',
  'v7_add.sql',
  '9223372036854775808_too_far.sql',
  '1.5_half.ts',
])('%s looks like a migration and is reported, not passed over', (file) => {
  expect(parseFileName(file)).toBe('unreadable')
})

test.each(['README.md', '007_add.d.ts', '007_add.test.ts', '.007_add.sql', 'schema.json', '007_add.sql~'])(
  '%s is no migration',
  (file) => {
    expect(parseFileName(file)).toBe('other')
  },
)
