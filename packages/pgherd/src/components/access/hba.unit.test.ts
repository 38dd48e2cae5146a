import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { specSchema } from '../../spec/schema.ts'
import { majors } from '../../tuning/gucs/guc.ts'
import { factsOf } from '../../tuning/testdata/facts.ts'
import { inRange } from './cidr.ts'
import { renderHba, renderIdent } from './hba-file.ts'
import { quoteHbaName } from './hba-names.ts'
import { hbaRows } from './hba-rows.ts'
import { decideByHba, type Connection } from './hba-simulator.testkit.ts'
import { tokenize } from './hba-tokens.ts'
import { internalRoles } from './internal-roles.ts'

const word = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'app',
        'all',
        'replication',
        'sameuser',
        'samerole',
        '+app',
        '@app',
        '/.*',
        '/a|b',
        '"',
        'a b',
        'a,b',
        '#',
        'trust',
        '0.0.0.0/0',
      ),
    },
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  )
  .filter((name) => !/[\n\0]/.test(name) && !internalRoles.some((role) => role === name))
const words = fc.uniqueArray(word, { maxLength: 4 })
const address = fc.constantFrom('127.0.0.1', '::1', '10.1.2.3', '192.0.2.9', 'fd00::5', '2001:db8::1')
const range = fc.constantFrom('10.0.0.0/8', '0.0.0.0/0', '192.0.2.9/32', 'fd00::/8', '::/0')

/** Any spec: roles bound to databases or not, rules with and without lists. */
const anySpec = fc
  .record({
    roles: words,
    databases: words,
    bound: fc.array(fc.option(fc.array(fc.nat(4), { maxLength: 3 })), { minLength: 4, maxLength: 4 }),
    rules: fc.array(
      fc.record({
        from: fc.array(range, { minLength: 1, maxLength: 2 }),
        roles: fc.option(words),
        databases: fc.option(words),
      }),
      { maxLength: 3 },
    ),
  })
  .map(({ roles, databases, bound, rules }) => {
    const pick = (indexes: readonly number[]) => indexes.flatMap((index) => databases[index] ?? [])
    const list = (names: readonly string[] | null) => (names && names.length > 0 ? names : undefined)
    const input = {
      name: 'shop',
      databases: Object.fromEntries(databases.map((name) => [name, { owner: 'app' }])),
      roles: Object.fromEntries(
        roles.map((name, index) => [
          name,
          {
            access: index % 2 ? 'monitor' : 'readwrite',
            ...(bound[index] ? { databases: pick(bound[index]) } : {}),
          },
        ]),
      ),
      network: {
        access: rules.map((rule) => ({
          from: rule.from,
          ...(list(rule.roles) ? { roles: rule.roles } : {}),
          ...(list(rule.databases) ? { databases: rule.databases } : {}),
        })),
      },
    }
    return specSchema.parse(input)
  })

const door = fc.oneof(fc.constant('socket' as const), fc.record({ address, tls: fc.boolean() }))

test('nobody is trusted, nothing but the socket comes in without TLS, and only declared roles and databases over TCP', () => {
  fc.assert(
    fc.property(
      anySpec,
      door,
      word,
      word,
      fc.boolean(),
      fc.constantFrom(...majors),
      (spec, from, role, database, replication, major) => {
        const hba = renderHba(hbaRows(spec), major)
        const roles = [role, ...Object.keys(spec.roles), ...internalRoles]
        const databases = [database, ...Object.keys(spec.databases), 'postgres']
        for (const each of roles) {
          for (const other of databases) {
            const { method } = decideByHba(hba, { from, role: each, database: other, replication }, major)
            const internal = internalRoles.some((name) => name === each)
            if (from === 'socket') {
              expect(['peer', 'scram-sha-256', 'reject']).toContain(method)
              expect(method === 'peer').toBe(internal && (!replication || each === 'pgherd_replication'))
              if (replication && !internal) expect(method).toBe('reject')
            } else if (method !== 'reject') {
              expect([method, from.tls, replication, internal]).toEqual(['scram-sha-256', true, false, false])
              expect(Object.keys(spec.roles)).toContain(each)
              expect([...Object.keys(spec.databases), 'postgres']).toContain(other)
              const only = spec.roles[each]?.databases
              if (only) expect(only).toContain(other)
              const fromHere = from.address === '127.0.0.1' || from.address === '::1'
              expect(
                fromHere ||
                  spec.network.access.some(
                    (rule) =>
                      rule.from.some((cidr) => inRange(from.address, cidr)) &&
                      (rule.roles ?? [each]).includes(each) &&
                      (rule.databases ?? [other]).includes(other),
                  ),
              ).toBe(true)
            }
          }
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('each rule of the spec lets in exactly whom it names', () => {
  const spec = specSchema.parse({
    name: 'shop',
    databases: { shop: { owner: 'app' }, stock: { owner: 'app' } },
    roles: {
      app: { access: 'owner' },
      report: { access: 'readonly', databases: ['stock'] },
      watch: { access: 'monitor' },
    },
    network: {
      access: [
        { from: ['10.0.0.0/8'], roles: ['app', 'report'] },
        { from: ['192.0.2.9/32'], databases: ['stock'] },
      ],
    },
  })
  const hba = renderHba(hbaRows(spec), 18)
  const allowed = (from: Connection['from'], role: string) =>
    ['shop', 'stock', 'postgres'].filter(
      (database) => decideByHba(hba, { from, role, database }, 18).method === 'scram-sha-256',
    )
  const over = (address: string) => ({ address, tls: true })
  expect(allowed(over('10.9.9.9'), 'app')).toEqual(['shop', 'stock'])
  expect(allowed(over('10.9.9.9'), 'report')).toEqual(['stock'])
  expect(allowed(over('10.9.9.9'), 'watch')).toEqual([])
  expect(allowed(over('192.0.2.9'), 'app')).toEqual(['stock'])
  expect(allowed(over('192.0.2.9'), 'watch')).toEqual(['stock'])
  expect(allowed(over('192.0.2.8'), 'app')).toEqual([])
  expect(allowed(over('127.0.0.1'), 'watch')).toEqual(['shop', 'stock', 'postgres'])
  expect(allowed('socket', 'report')).toEqual(['stock'])
})

test('the simulator finds the faults it is there to find', () => {
  const decide = (lines: string, from: Connection['from']) =>
    decideByHba(lines, { from, role: 'app', database: 'shop' }, 18)
  const plain = { address: '198.51.100.1', tls: false }
  expect(decide('host all all 0.0.0.0/0 trust\nhostssl all all all scram-sha-256', plain)).toEqual({
    method: 'trust',
    line: 1,
    options: [],
  })
  expect(decide('host all all 198.51.100.0 255.255.255.0 md5', plain)).toEqual({
    method: 'md5',
    line: 1,
    options: [],
  })
  expect(decide('hostssl all all all scram-sha-256', plain).method).toBe('implicit reject')
  expect(decide('# local all all trust\nlocal shop,stock "all",app peer map=x # end', 'socket')).toEqual({
    method: 'peer',
    line: 2,
    options: ['map=x'],
  })
  expect(decide('local "all" all trust', 'socket').method).toBe('implicit reject')
})

test('a name is one quoted word and nothing else, in every version', () => {
  fc.assert(
    fc.property(word, word, fc.constantFrom(...majors), (first, second, major) => {
      const fields = tokenize(
        `local ${quoteHbaName(first, major)},${quoteHbaName(second, major)} all reject`,
      )[0]?.fields
      expect(fields?.map((field) => field.length)).toEqual([1, 2, 1, 1])
      expect(fields?.[1]?.every(({ quoted }) => quoted)).toBe(true)
    }),
  )
  expect(quoteHbaName('/.*', 15)).toBe('"/.*"')
  expect(quoteHbaName('/.*', 16)).toBe('"/^\\/\\.\\*$"')
  expect(() => quoteHbaName('a\nlocal all all trust', 18)).toThrow(DiagnosticError)
})

test('the peer map leads the accounts of this machine to the roles of pgherd', () => {
  const ident = renderIdent(
    factsOf({ invoker: { name: 'ops "x"', uid: 1000, gid: 1000, home: '/home/ops' } }),
  )
  expect(tokenize(ident).map(({ fields }) => fields.map(([token]) => token?.text))).toEqual(
    ['ops "x"', 'postgres'].flatMap((account) => internalRoles.map((role) => ['pgherd', account, role])),
  )
})

test('ranges of addresses', () => {
  expect(inRange('10.255.0.1', '10.0.0.0/8')).toBe(true)
  expect(inRange('11.0.0.1', '10.0.0.0/8')).toBe(false)
  expect(inRange('::ffff:10.0.0.1', '10.0.0.0/8')).toBe(false)
  expect(inRange('fd12:3::1', 'fd00::/8')).toBe(true)
  expect(inRange('2001:db8::1', '2001:db8::/32')).toBe(true)
  expect(inRange('2001:db9::1', '2001:db8::/32')).toBe(false)
  expect(inRange('203.0.113.7', '0.0.0.0/0')).toBe(true)
})
