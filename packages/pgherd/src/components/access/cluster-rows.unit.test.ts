import { expect, test } from 'vitest'
import { memberInput, paperCluster } from '../rendered-cluster.testkit.ts'
import { decideByHba } from './hba-simulator.testkit.ts'
import { hbaLines, identLines } from './lines.ts'
import { sourcesOf } from './sources.ts'

const spec = {
  databases: { shop: { owner: 'app' }, stock: { owner: 'app' } },
  roles: {
    app: { access: 'owner' },
    watch: { access: 'monitor' },
    clerk: { access: 'readonly', databases: ['stock'] },
  },
  network: { access: [{ from: ['192.0.2.0/24'], databases: ['stock'] }] },
} as const
const addresses = ['10.0.0.11', '10.0.0.12', '10.0.0.13']
const own = ['pgherd_monitor', 'pgherd_pooler', 'pgherd_replication', 'pgherd_rewind']

const linesOf = (topology: object, member = 'pg1') =>
  hbaLines(memberInput(paperCluster({ ...spec, topology } as never), member))

test('pgherd comes in from the members, each role to what it is for, and the superuser never over TCP', () => {
  const hba = linesOf({ addresses, gateway: '10.0.0.9' }).join('\n')
  const verdict = (address: string, role: string, database: string, replication = false, tls = true) =>
    decideByHba(hba, { from: { address, tls }, role, database, replication }, 18).method
  const allowed = (address: string, replication = false) =>
    ['postgres', ...own].flatMap((role) =>
      ['postgres', 'shop', 'stock', 'nowhere'].flatMap((database) =>
        verdict(address, role, database, replication) === 'reject' ? [] : [`${role} ${database}`],
      ),
    )
  for (const address of [...addresses, '10.0.0.9']) {
    expect(allowed(address)).toEqual([
      'pgherd_monitor postgres',
      'pgherd_monitor shop',
      'pgherd_monitor stock',
      'pgherd_monitor nowhere',
      'pgherd_pooler shop',
      'pgherd_pooler stock',
      'pgherd_replication postgres',
      'pgherd_replication shop',
      'pgherd_replication stock',
      'pgherd_replication nowhere',
      'pgherd_rewind postgres',
    ])
    expect(new Set(allowed(address, true).map((each) => each.split(' ')[0]))).toEqual(
      new Set(['pgherd_replication']),
    )
    for (const role of own)
      expect(verdict(address, role, 'shop', role === 'pgherd_replication', false)).toBe('reject')
  }
  for (const address of ['10.0.0.14', '127.0.0.1', '192.0.2.1']) {
    expect(allowed(address)).toEqual([])
    expect(allowed(address, true)).toEqual([])
  }
})

test('declared roles come in from the gateway, and from elsewhere as network.access says', () => {
  const hba = linesOf({ addresses, gateway: '10.0.0.9' }).join('\n')
  const reach = (address: string, role: string) =>
    ['shop', 'stock', 'postgres'].filter(
      (database) =>
        decideByHba(hba, { from: { address, tls: true }, role, database }, 18).method === 'scram-sha-256',
    )
  expect(reach('10.0.0.9', 'app')).toEqual(['shop', 'stock'])
  expect(reach('10.0.0.9', 'watch')).toEqual(['shop', 'stock', 'postgres'])
  expect(reach('10.0.0.9', 'clerk')).toEqual(['stock'])
  expect(reach('192.0.2.7', 'app')).toEqual(['stock'])
  expect(reach('10.0.0.12', 'app')).toEqual([])
  expect(reach('10.0.0.9', 'stranger')).toEqual([])
})

test('loopback members come from 127.0.0.1 whatever their own address is', () => {
  const hba = linesOf({}).join('\n')
  const from = { address: '127.0.0.1', tls: true }
  expect(
    decideByHba(hba, { from, role: 'pgherd_replication', database: 'x', replication: true }, 15).method,
  ).toBe('scram-sha-256')
  expect(decideByHba(hba, { from, role: 'postgres', database: 'postgres' }, 15).method).toBe('reject')
  expect(decideByHba(hba, { from, role: 'app', database: 'shop' }, 15).method).toBe('scram-sha-256')
})

test('addresses as pg_hba.conf has them', () => {
  expect(sourcesOf(['10.0.0.1', '127.0.0.12', '127.0.0.11', 'fd00::1', '::1', 'db1.example.com'])).toEqual([
    '"db1.example.com"',
    '10.0.0.1/32',
    '127.0.0.0/8',
    '::1/128',
    'fd00::1/128',
  ])
  expect(sourcesOf(['localhost'])).toEqual(['127.0.0.0/8', '::1/128'])
  expect(sourcesOf(['all'])).toEqual(['"all"'])
  expect(() => sourcesOf(['a\nhost all all all trust'])).toThrow()
})

test('lines of every member are the same, without comments', () => {
  const lines = linesOf({ addresses, gateway: 'gate.example.com' })
  expect(linesOf({ addresses, gateway: 'gate.example.com' }, 'pg3')).toEqual(lines)
  expect(lines.every((line) => !line.startsWith('#') && !line.includes('\n'))).toBe(true)
  expect(lines).toContain('hostssl replication "pgherd_replication" "gate.example.com" scram-sha-256')
  expect(identLines(memberInput(paperCluster(), 'pg1'))).toContain('pgherd "postgres" "postgres"')
})
