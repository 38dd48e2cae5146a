import { expect, test } from 'vitest'
import { readSync } from './withdraw-sync.ts'

test.each([
  ['{"leader":"pg1","sync_standby":"pg2"}', { leader: 'pg1', standbys: ['pg2'] }],
  ['{"leader":"pg1","sync_standby":"pg2,pg3"}', { leader: 'pg1', standbys: ['pg2', 'pg3'] }],
  ['{"leader":"pg1","sync_standby":null}', { leader: 'pg1', standbys: [] }],
  ['{"leader":"pg1","sync_standby":""}', { leader: 'pg1', standbys: [] }],
  ['null', { leader: '', standbys: [] }],
])('%s', (text, expected) => {
  expect(readSync(text)).toEqual(expected)
})
