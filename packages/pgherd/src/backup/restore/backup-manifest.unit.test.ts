import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { parseManifest } from './backup-manifest.ts'

function manifest(files: readonly object[]): Buffer {
  const body = `{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": [\n${files.map((file) => JSON.stringify(file)).join(',\n')}\n],\n"WAL-Ranges": [],\n`
  return Buffer.from(`${body}"Manifest-Checksum": "${createHash('sha256').update(body).digest('hex')}"}\n`)
}

const file = {
  Path: 'base/1/2',
  Size: 8192,
  'Last-Modified': '',
  'Checksum-Algorithm': 'SHA256',
  Checksum: 'ab',
}

test('files are read with their size and checksum', () => {
  const { files } = parseManifest(manifest([file, { 'Encoded-Path': '612f62', Size: 1 }]))
  expect([...files]).toEqual([
    ['base/1/2', { size: 8192, algorithm: 'sha256', checksum: 'ab' }],
    ['a/b', { size: 1, algorithm: undefined, checksum: '' }],
  ])
})

test('every flipped byte is noticed', () => {
  const good = manifest([file])
  for (let at = 0; at < good.length - 1; at++) {
    const bad = Buffer.from(good)
    bad[at] = (bad[at] ?? 0) ^ 1
    expect(() => parseManifest(bad), `byte ${at}`).toThrow(RangeError)
  }
})

test('what is no manifest, or has other checksums, is refused with the reason', () => {
  expect(() => parseManifest(Buffer.from(''))).toThrow('does not end with its checksum')
  expect(() => parseManifest(manifest([{ ...file, 'Checksum-Algorithm': 'CRC32C' }]))).toThrow('CRC32C')
  expect(() => parseManifest(manifest([{ Path: 'x' }]))).toThrow('not of the form')
})
