import { expect, test } from 'vitest'
import { specSchema, type SpecInput } from '../../spec/schema.ts'
import { durabilityFindings, durabilityOf, durabilityPromise, synchronousConfig } from './durability.ts'

const specOf = (topology: SpecInput['topology']) => specSchema.parse({ name: 'shop', topology })

test('three members lose nothing unless the spec says otherwise, two cannot promise it', () => {
  expect(durabilityOf(specOf({ members: 3 }))).toBe('sync')
  expect(durabilityOf(specOf({ members: 5 }))).toBe('sync')
  expect(durabilityOf(specOf({ members: 2 }))).toBe('async')
  expect(durabilityOf(specOf({ members: 3, durability: 'async' }))).toBe('async')
})

test('only strict lets writes wait for a second copy for ever', () => {
  for (const durability of ['async', 'sync', 'quorum'] as const)
    expect(synchronousConfig(durability)).toMatchObject({ synchronous_mode_strict: false })
  expect(synchronousConfig('strict')).toEqual({
    synchronous_mode: true,
    synchronous_mode_strict: true,
    synchronous_node_count: 1,
  })
  expect(synchronousConfig('quorum')).toMatchObject({ synchronous_mode: 'quorum' })
})

test.each(['3.0.2', '3.3.8', ''])(
  'quorum is refused with Patroni "%s", and the mend is what it offers',
  (version) => {
    const [finding, ...more] = durabilityFindings(specOf({ members: 3, durability: 'quorum' }), version)
    expect(more).toEqual([])
    expect(finding).toMatchObject({
      code: 'DURABILITY_UNAVAILABLE',
      mend: { kind: 'edit', path: 'topology.durability', to: 'sync' },
      at: { path: 'topology.durability' },
    })
  },
)

test('quorum is fine from Patroni 4.0 on, everything else always', () => {
  expect(durabilityFindings(specOf({ members: 3, durability: 'quorum' }), '4.0.0')).toEqual([])
  for (const durability of ['async', 'sync', 'strict'] as const)
    expect(durabilityFindings(specOf({ members: 3, durability }), '3.0.2')).toEqual([])
})

test('async names its bound, in bytes and in seconds', () => {
  const spec = specOf({ members: 3, durability: 'async', failover: 'fast', lagOnFailover: '4MB' })
  expect(durabilityPromise(spec, '3.0.2')).toMatch(/at most 4 MB of WAL .* last 8 s/)
  expect(durabilityPromise(spec, '3.2.0')).toMatch(/last 20 s/)
  // nobody knows the version: the bound that holds for all
  expect(durabilityPromise(spec)).toMatch(/last 20 s/)
})

test('sync says what happens once no standby is left', () => {
  expect(durabilityPromise(specOf({ members: 3 }))).toContain('while no standby is left')
})
