import { expect, test } from 'vitest'
import { restartOrder } from './restart-order.ts'

const members = ['pg1', 'pg2', 'pg3']

test('standbys go first, the primary last', () => {
  expect(restartOrder(members, 'pg2')).toEqual(['pg1', 'pg3', 'pg2'])
  expect(restartOrder(members, 'pg2', { max_connections: '100' }, { max_connections: 200 })).toEqual([
    'pg1',
    'pg3',
    'pg2',
  ])
})

test('a falling setting that standbys must not have lower goes to the primary first', () => {
  const order = restartOrder(members, 'pg2', { max_connections: '200' }, { max_connections: 100 })
  expect(order).toEqual(['pg2', 'pg1', 'pg3'])
  // other settings may fall in any order
  expect(restartOrder(members, 'pg2', { work_mem: '8' }, { work_mem: 4 })[0]).toBe('pg1')
})

test('without a primary all are standbys', () => {
  expect(restartOrder(members, undefined)).toEqual(members)
})
