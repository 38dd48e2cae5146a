import { expect, test } from 'vitest'
import { keysToForget, scopePrefix } from './dcs.ts'

/** Every key that Patroni 3.0 has of a cluster, as seen. */
const keys = Object.fromEntries(
  ['config', 'failover', 'failsafe', 'history', 'initialize', 'leader', 'members/pg1', 'status', 'sync'].map(
    (name) => [`/service/shop/${name}`, name === 'initialize' ? '77' : '{}'],
  ),
)
const forget = (systemId: string, more: Record<string, string> = {}) =>
  keysToForget({ ...keys, ...more }, scopePrefix('shop'), systemId).map((key) =>
    key.split('/').slice(3).join('/'),
  )

test('what holds for the old data alone goes, the configuration and the identity stay', () => {
  expect(forget('77')).toEqual(['failover', 'failsafe', 'history', 'leader', 'members/pg1', 'status', 'sync'])
})

test('the identity of another database goes as well: Patroni would refuse to start', () => {
  expect(forget('78')).toContain('initialize')
})

test('another cluster in the same etcd is left alone', () => {
  const other = { '/service/shop2/leader': 'pg1', '/service/shop-eu/config': '{}' }
  expect(forget('77', other)).toHaveLength(7)
})
