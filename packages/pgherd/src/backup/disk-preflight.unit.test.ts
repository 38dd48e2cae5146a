import fc from 'fast-check'
import { expect, test } from 'vitest'
import { needBytes } from './disk-preflight.ts'
import { sampleBackup } from './sample-backup.testkit.ts'

const GB = 2 ** 30

test('without earlier backups the databases count in full', () => {
  expect(needBytes([], 10 * GB, 'zstd')).toEqual({
    bytes: 10 * GB,
    because: 'the databases hold 10 GB, and how well they compress is not known yet',
  })
  // What gzip reached says nothing about zstd.
  expect(needBytes([sampleBackup({ compression: 'gzip' })], 10 * GB, 'zstd').bytes).toBe(10 * GB)
})

test('the worst share of the last three backups decides, with a fifth on top', () => {
  const backup = (id: string, storedBytes: number) => sampleBackup({ id, bytes: 100, storedBytes })
  const backups = [
    backup('20261101T010000Z', 90),
    backup('20261103T010000Z', 30),
    backup('20261102T010000Z', 20),
    backup('20261104T010000Z', 25),
  ]
  expect(needBytes(backups, 10 * GB, 'zstd')).toEqual({
    bytes: Math.ceil(10 * GB * 0.3 * 1.2),
    because: 'the databases hold 10 GB, the last 3 backup(s) took up to 30 % of that, and a fifth is added',
  })
})

test('a larger database never needs less', () => {
  const shares = fc.array(fc.record({ bytes: fc.nat(1e9), storedBytes: fc.nat(1e9) }), { maxLength: 5 })
  fc.assert(
    fc.property(shares, fc.nat(1e12), fc.nat(1e12), (sizes, a, b) => {
      const backups = sizes.map((each, at) => sampleBackup({ id: `2026110${at}T010000Z`, ...each }))
      const [small, large] = [Math.min(a, b), Math.max(a, b)].map(
        (size) => needBytes(backups, size, 'zstd').bytes,
      )
      expect(small).toBeLessThanOrEqual(large ?? 0)
    }),
  )
})
