import { expect, test } from 'vitest'
import { compareVersions, versionNumbers } from './version-order.ts'

test('versions are ordered by their numbers, not as text', () => {
  const ordered = ['3.4', '3.4.9', '3.4.23', '15.2', '15.18', '15.20', '16.0']
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered)
  expect(compareVersions('18beta1', '18.0')).toBe(0)
  expect(compareVersions('2.6.12-1+deb12u4', '2.6.12')).toBe(0)
  expect(versionNumbers('15.20 (Debian 15.20-0+deb12u1)')).toEqual([15, 20])
})
