import type { BackupRecord } from '../catalogue.ts'
import type { Repository } from '../repository.ts'
import { compareWithManifest } from './compare-manifest.ts'
import { TarDigest, type TarEntry } from './tar-digest.ts'

/**
 * Reads a stored base backup again and compares every file in it with its manifest. Returns what
 * differs, in words. Throws DiagnosticError when a stored file is missing or damaged.
 */
export async function verifyBaseBackup(
  repository: Repository,
  record: Pick<BackupRecord, 'id' | 'files'>,
): Promise<readonly string[]> {
  const files = new Map<string, TarEntry>()
  let manifest = Buffer.alloc(0)
  for (const stored of record.files) {
    const name = stored.name.replace(/(\.(zst|gz|age))+$/, '')
    const content = (await repository.open(`base/${record.id}/${name}`, stored)) as AsyncIterable<Buffer>
    if (name === 'backup_manifest') {
      const pieces: Buffer[] = []
      for await (const piece of content) pieces.push(piece)
      manifest = Buffer.concat(pieces)
      continue
    }
    const digest = new TarDigest()
    for await (const piece of content) digest.push(piece)
    digest.end()
    const oid = /^(\d+)\.tar$/.exec(name)?.[1]
    for (const [path, entry] of digest.files)
      files.set(oid === undefined ? path : `pg_tblspc/${oid}/${path}`, entry)
  }
  return compareWithManifest(manifest, files)
}
