import { parseManifest } from '../restore/backup-manifest.ts'
import type { TarEntry } from './tar-digest.ts'

/**
 * Compares the files of a base backup with its manifest. Returns what differs, in words; nothing when
 * all is well. Files are named as in the data directory.
 */
export function compareWithManifest(
  manifest: Buffer,
  files: ReadonlyMap<string, TarEntry>,
): readonly string[] {
  let promised: ReturnType<typeof parseManifest>['files']
  try {
    promised = parseManifest(manifest).files
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      return [`backup_manifest: ${error.message}`]
    throw error
  }
  const differences: string[] = []
  for (const [path, file] of promised) {
    const have = files.get(path)
    if (!have) differences.push(`${path}: it is missing`)
    else if (have.bytes !== file.size)
      differences.push(`${path}: it has ${have.bytes} bytes instead of ${file.size}`)
    else if (file.algorithm !== 'sha256') differences.push(`${path}: it has no SHA-256 in the manifest`)
    else if (have.sha256 !== file.checksum) differences.push(`${path}: its SHA-256 differs`)
  }
  for (const path of files.keys())
    if (!promised.has(path)) differences.push(`${path}: the manifest does not know it`)
  return differences
}
