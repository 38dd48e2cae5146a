import { createHash } from 'node:crypto'
import { z } from 'zod'

/** What the manifest says of one file of a base backup. */
export interface ManifestFile {
  readonly size: number
  /** Name of the hash for node:crypto; undefined when the backup was taken without checksums. */
  readonly algorithm: string | undefined
  readonly checksum: string
}

export interface BackupManifest {
  /** By path below the data directory; files of a tablespace below `pg_tblspc/<oid>/`. */
  readonly files: ReadonlyMap<string, ManifestFile>
}

const algorithms: Readonly<Record<string, string>> = {
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
}

const fileSchema = z.object({
  Path: z.string().optional(),
  // Names that are no UTF-8 are given in hexadecimal.
  'Encoded-Path': z.string().optional(),
  Size: z.number(),
  'Checksum-Algorithm': z.string().optional(),
  Checksum: z.string().default(''),
})
const manifestSchema = z.object({ Files: z.array(fileSchema) })

/**
 * Reads a backup manifest after comparing its own checksum, which covers all lines but the last
 * (PostgreSQL docs, 70.1 Backup Manifest Format).
 * Throws RangeError that says what is wrong with it.
 */
export function parseManifest(bytes: Buffer): BackupManifest {
  const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1
  const stated = /^"Manifest-Checksum": "([0-9a-f]{64})"\}\s*$/.exec(bytes.toString('utf8', lastLine))?.[1]
  if (stated === undefined) throw new RangeError('the manifest does not end with its checksum')
  const actual = createHash('sha256').update(bytes.subarray(0, lastLine)).digest('hex')
  if (actual !== stated) throw new RangeError('the manifest does not match its own checksum')
  const { data } = manifestSchema.safeParse(JSON.parse(bytes.toString('utf8')))
  if (!data) throw new RangeError('the manifest is not of the form PostgreSQL writes')
  return { files: new Map(data.Files.map(readFile)) }
}

function readFile(raw: z.output<typeof fileSchema>): [string, ManifestFile] {
  const path = raw.Path ?? Buffer.from(raw['Encoded-Path'] ?? '', 'hex').toString()
  const name = raw['Checksum-Algorithm']
  if (name === undefined) return [path, { size: raw.Size, algorithm: undefined, checksum: '' }]
  const algorithm = algorithms[name]
  if (algorithm === undefined) {
    throw new RangeError(`the manifest uses ${name} checksums, which cannot be checked; backups need SHA-256`)
  }
  return [path, { size: raw.Size, algorithm, checksum: raw.Checksum }]
}
