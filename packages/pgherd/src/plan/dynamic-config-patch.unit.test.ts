import fc from 'fast-check'
import { expect, test } from 'vitest'
import { configDifference, patchOf } from './dynamic-config-patch.ts'

type Tree = Record<string, unknown>

/** What Patroni does with a patch (patch_config in patroni/utils.py): null removes, objects are merged. */
function patched(config: Tree, patch: Tree): Tree {
  const result = { ...config }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (isTree(value)) result[key] = patched(isTree(result[key]) ? result[key] : {}, value)
    else result[key] = value
  }
  return result
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

test('what differs is set, what is not declared is removed, pausing is left alone', () => {
  const wanted = { ttl: 20, postgresql: { use_slots: true, parameters: { max_connections: 100 } } }
  const found = {
    ttl: 30,
    pause: true,
    postgresql: { use_slots: true, parameters: { max_connections: '100', work_mem: '8MB' } },
  }
  expect(configDifference(wanted, found)).toEqual({
    patch: { ttl: 20, postgresql: { parameters: { work_mem: null } } },
    changes: [
      { path: ['postgresql', 'parameters', 'work_mem'], found: '8MB', wanted: undefined },
      { path: ['ttl'], found: 30, wanted: 20 },
    ],
  })
  expect(configDifference(wanted, { ...wanted, pause: true })).toBeUndefined()
})

test('after the patch there is no difference', () => {
  const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.constant(['a', 1]))
  const key = fc.constantFrom('ttl', 'postgresql', 'parameters', 'slots', 'x')
  const tree = fc.letrec((tie) => ({
    tree: fc.dictionary(key, fc.oneof({ maxDepth: 3 }, leaf, tie('tree')), { maxKeys: 4 }),
  })).tree as fc.Arbitrary<Tree>
  fc.assert(
    fc.property(tree, tree, (wanted, found) => {
      const difference = configDifference(wanted, found)
      expect(configDifference(wanted, patched(found, difference?.patch ?? {}))).toBeUndefined()
      // the same in steps, whatever is done first
      const steps = (difference?.changes ?? []).map((change) => patchOf([change]))
      expect(configDifference(wanted, steps.toReversed().reduce(patched, found))).toBeUndefined()
      expect(patchOf(difference?.changes ?? [])).toEqual(difference?.patch ?? {})
    }),
  )
})
