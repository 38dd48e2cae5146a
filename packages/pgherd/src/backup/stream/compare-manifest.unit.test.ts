import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { compareWithManifest } from './compare-manifest.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function manifestOf(files: readonly Record<string, unknown>[]): Buffer {
  const head = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": ${JSON.stringify(files)},\n"WAL-Ranges": [],\n`
  return Buffer.from(`${head}"Manifest-Checksum": "${sha256(head)}"}\n`)
}

const one = { Path: 'base/1/2', Size: 3, 'Checksum-Algorithm': 'SHA256', Checksum: sha256('abc') }
const same = new Map([['base/1/2', { bytes: 3, sha256: sha256('abc') }]])

test('equal contents give no difference', () => {
  expect(compareWithManifest(manifestOf([one]), same)).toEqual([])
})

test.each([
  ['a missing file', new Map(), ['base/1/2: it is missing']],
  [
    'another size',
    new Map([['base/1/2', { bytes: 4, sha256: sha256('abc') }]]),
    ['base/1/2: it has 4 bytes instead of 3'],
  ],
  [
    'other bytes',
    new Map([['base/1/2', { bytes: 3, sha256: sha256('abd') }]]),
    ['base/1/2: its SHA-256 differs'],
  ],
  [
    'one too many',
    new Map([...same, ['evil', { bytes: 0, sha256: '' }]]),
    ['evil: the manifest does not know it'],
  ],
])('%s is named', (_what, files, differences) => {
  expect(compareWithManifest(manifestOf([one]), files)).toEqual(differences)
})

test('a file without SHA-256 is not taken as checked', () => {
  const { Path, Size } = one
  expect(compareWithManifest(manifestOf([{ Path, Size }]), same)).toEqual([
    'base/1/2: it has no SHA-256 in the manifest',
  ])
})

test('a manifest with a flipped byte is not trusted', () => {
  const manifest = manifestOf([one])
  manifest[20] = (manifest[20] ?? 0) ^ 1
  expect(compareWithManifest(manifest, same)).toHaveLength(1)
  expect(compareWithManifest(manifest, same)[0]).toMatch(/^backup_manifest: /)
})
