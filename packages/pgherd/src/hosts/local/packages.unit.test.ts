import { expect, test } from 'vitest'
import { specSchema, type SpecInput } from '../../spec/schema.ts'
import { neededPackages } from './packages.ts'

const names = (input: Omit<SpecInput, 'name'>) =>
  neededPackages(specSchema.parse({ name: 'shop', ...input })).map(({ name }) => name)

test('a cluster needs Patroni, etcd and the way in', () => {
  const cluster = ['patroni', 'python3-idna', 'etcd-server', 'etcd-client', 'tini', 'haproxy', 'pgbouncer']
  const system = { version: 15, binaries: 'system' } as const
  expect(names({ topology: { members: 3 } })).toEqual(cluster)
  expect(names({ topology: { members: 3 }, redis: {} })).toEqual([...cluster, 'redis-server'])
  expect(names({ topology: { members: 3 }, postgres: system })).toEqual([
    'postgresql-15',
    'postgresql-contrib',
    ...cluster,
  ])
})

test('a single server needs PostgreSQL, when it does not bring its own', () => {
  expect(names({})).toEqual([])
  expect(names({ postgres: { version: 15, binaries: 'system' } })).toEqual(['postgresql-15'])
})
