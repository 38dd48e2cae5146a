import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { scratchDirectory } from './scratch-repository.testkit.ts'

test('a full disk ends in a finding; the half-written file is gone, older ones are untouched, writing goes on', async () => {
  await using directory = await scratchDirectory()
  // An ordinary user may mount only in a user namespace of their own.
  const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount']
  const fixture = join(import.meta.dirname, 'disk-full.fixture.ts')
  const { stdout } = await promisify(execFile)('unshare', [
    ...namespace,
    process.execPath,
    fixture,
    directory.path,
  ])
  const seen = JSON.parse(stdout) as Record<string, readonly string[]>
  expect(seen.preflight).toHaveLength(1)
  expect(seen.preflight?.[0]).toMatch(
    /^BACKUP_DISK_SHORT: a backup needs about 48 MB .* Nothing was written$/,
  )
  expect(seen.fitting).toEqual([])
  expect(seen.full).toHaveLength(1)
  expect(seen.full?.[0]).toMatch(
    /^BACKUP_DISK_FULL: .*\/base\/20261121T010000Z\/base\.tar" could not be written/,
  )
  expect(seen.afterwards).toEqual([
    'repository.copy.json',
    'repository.json',
    'wal/00000001/000000010000000000000001',
    'wal/00000001/000000010000000000000001.sha256',
  ])
  expect(seen.olderIntact).toBe(true)
})
