import { expect, test } from 'vitest'
import { decideByHba } from '../access/hba-simulator.testkit.ts'
import { memberInput, paperCluster } from '../rendered-cluster.testkit.ts'
import type { SpecInput } from '../../spec/schema.ts'
import { factsOf } from '../../tuning/testdata/facts.ts'
import { pgbouncer } from './component.ts'
import { goldens } from './goldens.testkit.ts'
import { poolSizes } from './pool-sizes.ts'

const inputOf = (spec: Omit<SpecInput, 'name'>, version?: string) => {
  const facts =
    version === undefined
      ? factsOf()
      : factsOf({ programs: { pgbouncer: { path: '/opt/pgbouncer', version } } })
  return memberInput(paperCluster(spec), 'gateway', facts)
}
const contentsOf = (spec: Omit<SpecInput, 'name'>, name: string, version?: string) =>
  pgbouncer.files(inputOf(spec, version)).find(({ path }) => path.endsWith(name))?.contents ?? ''

test.each(Object.entries(goldens))(
  'the golden files of %s (look at the difference, then vitest -u)',
  async (name, spec) => {
    for (const { path, contents } of pgbouncer.files(inputOf(spec)))
      await expect(contents).toMatchFileSnapshot(
        `./testdata/${name}.${path.slice(path.lastIndexOf('/') + 1)}`,
      )
  },
)

test('it runs on the gateway of a cluster alone, reloads, and keeps its one password as a gap', () => {
  for (const members of [1, 3]) {
    const cluster = paperCluster({ topology: { members } })
    expect(
      cluster.members.filter((member) => pgbouncer.runsOn(member, cluster)).map(({ name }) => name),
    ).toEqual(members === 1 ? [] : ['gateway'])
  }
  const files = pgbouncer.files(inputOf({}))
  expect(
    files.every(
      ({ mode, onChange, unit, owner }) =>
        mode === 0o600 && onChange === 'reload' && unit === 'pgbouncer' && owner === 'run-as',
    ),
  ).toBe(true)
  expect(files.filter(({ secret }) => secret).map(({ contents }) => contents)).toEqual([
    '"pgherd_pooler" "{{secret:role-pgherd_pooler|doubled}}"\n',
  ])
  expect(pgbouncer.units(inputOf({}, '1.24.0'))[0]).toMatchObject({
    argv: ['/opt/pgbouncer', '/srv/pgherd/state/config/pgbouncer.ini'],
    reload: { signal: 'SIGHUP' },
  })
})

test('prepared statements are kept where the version can', () => {
  expect(contentsOf({}, '.ini', '1.18.0')).not.toMatch(/^max_prepared_statements/m)
  expect(contentsOf({}, '.ini', '1.20.1')).not.toMatch(/^max_prepared_statements/m)
  for (const version of ['1.21.0', '1.26.1', '2.0'])
    expect(contentsOf({}, '.ini', version)).toMatch(/^max_prepared_statements = 200$/m)
})

test('all pools together stay within postgres.connections, and within the limit of their database', () => {
  for (const connections of [2, 3, 7, 60, 200]) {
    for (const count of [1, 2, 5]) {
      const databases = Object.fromEntries(
        Array.from({ length: count }, (_, n) => [
          `d${n}`,
          { owner: 'o', ...(n === 1 ? { connectionLimit: 8 } : {}) },
        ]),
      )
      const { spec } = paperCluster({
        postgres: { connections },
        databases,
        roles: { o: { access: 'owner' }, r: { access: 'readonly' } },
      })
      if (connections < count * 2) {
        expect(() => poolSizes(spec)).toThrow(/postgres.connections/)
        continue
      }
      const pools = [...poolSizes(spec)].flatMap(([, { write, read }]) => [write, read])
      expect(pools.reduce((sum, { most }) => sum + most, 0)).toBeLessThanOrEqual(connections)
      expect(pools.every(({ size, reserve, most }) => size >= 1 && size + reserve === most)).toBe(true)
      const limited = poolSizes(spec).get('d1')
      if (limited) expect(limited.write.most + limited.read.most).toBeLessThanOrEqual(8)
    }
  }
})

test('a pool is no larger than the limit of the only roles that use it, and PgBouncer keeps that of each', () => {
  const sizes = poolSizes(inputOf(goldens.limits).topology.spec)
  // the application has no limit, the others have
  expect(sizes.get('chat')?.write).toEqual({ size: 12, reserve: 3, most: 15 })
  expect(sizes.get('audit')?.write).toEqual({ size: 5, reserve: 0, most: 15 })
  const ini = contentsOf(goldens.limits, '.ini')
  expect(ini.slice(ini.indexOf('[users]'))).toBe(
    '[users]\nchat_owner = max_user_connections=5\nauditor = max_user_connections=2\n',
  )
  expect(contentsOf(goldens.limits, 'userlist.txt').match(/^"[^"]+"/gm)).toEqual([
    '"pgherd_pooler"',
    '"chat_owner"',
    '"auditor"',
  ])
  expect(contentsOf({}, '.ini')).not.toContain('[users]')
})

test('a role whose limit PgBouncer cannot keep is refused by name', () => {
  const roles = { 'o b': { access: 'owner' as const, connectionLimit: 5 } }
  const spec = { databases: { x: { owner: 'o b' } }, roles }
  expect(() => pgbouncer.files(inputOf(spec))).toThrow(/connectionLimit of role "o b"/)
})

test('the pools let in whom network.access lets in, to both pools of a database', () => {
  const hba = contentsOf(goldens.three, '_hba.conf')
  const reach = (address: string, role: string, tls = true) =>
    ['shop', 'shop_ro', 'stock', 'stock_ro', 'postgres', 'pgbouncer'].filter(
      (database) =>
        decideByHba(hba, { from: { address, tls }, role, database }, 15).method === 'scram-sha-256',
    )
  expect(reach('127.0.0.1', 'app')).toEqual(['shop', 'shop_ro', 'stock', 'stock_ro'])
  expect(reach('127.0.0.1', 'app', false)).toEqual([])
  expect(reach('192.0.2.7', 'app')).toEqual(['stock', 'stock_ro'])
  expect(reach('198.51.100.1', 'app')).toEqual([])
  expect(reach('127.0.0.1', 'pgherd_pooler')).toEqual(['pgbouncer'])
  expect(reach('192.0.2.7', 'pgherd_pooler')).toEqual([])
  for (const role of ['postgres', 'pgherd_monitor', 'pgherd_replication', 'stranger'])
    expect([role, reach('127.0.0.1', role)]).toEqual([role, []])
})

test.each(['pgbouncer', 'a b', 'ünï', 'a"b', '*', 'a*b', '%include x', '[x]', 'n'.repeat(61)])(
  'a database %s, which no pool can be called after, is refused by name',
  (name) => {
    const spec = { databases: { [name]: { owner: 'o' } }, roles: { o: { access: 'owner' as const } } }
    expect(() => pgbouncer.files(inputOf(spec))).toThrow(/PgBouncer has no pool/)
  },
)

test('two databases whose pools would have the same name are refused', () => {
  const spec = {
    databases: { x: { owner: 'o' }, x_ro: { owner: 'o' } },
    roles: { o: { access: 'owner' as const } },
  }
  expect(() => pgbouncer.files(inputOf(spec))).toThrow(/x_ro/)
})
