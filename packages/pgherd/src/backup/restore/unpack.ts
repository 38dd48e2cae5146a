import { createHash, type Hash } from 'node:crypto'
import { chownSync, writeFileSync } from 'node:fs'
import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { extract, type Extract } from 'tar-stream'
import { giveTo } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import type { BackupRecord, StoredFile } from '../catalogue.ts'
import type { Repository } from '../repository.ts'
import { parseStored } from '../repository/stored-name.ts'
import { parseManifest, type ManifestFile } from './backup-manifest.ts'
import { backupDamaged } from './damage.ts'
import { entryPath, tablespaceMap, tablespaceOf } from './entry-path.ts'

export interface UnpackOptions {
  readonly repository: Repository
  readonly backup: BackupRecord
  /** An empty directory that becomes the data directory. */
  readonly into: string
  /** Where each tablespace goes, by oid: directories that do not exist yet. */
  readonly tablespaces: ReadonlyMap<number, string>
  /** Owner of the result. */
  readonly runAs: RunAs
  readonly signal: AbortSignal
  /** Bytes of files written so far. */
  readonly onBytes: (bytes: number) => void
}

/**
 * Writes a base backup out as a data directory and compares every file with the backup manifest on the way: size,
 * SHA-256, none missing, none too many. The tar files and the manifest are compared with the backup's record too.
 * Nothing is flushed to disk: whoever needs it durable calls `syncTree` when all changes are made.
 * Throws DiagnosticError RESTORE_BACKUP_DAMAGED or BACKUP_FILE_*, naming the stored file and the file inside.
 */
export async function unpackBackup(
  options: UnpackOptions,
): Promise<{ readonly files: number; readonly bytes: number }> {
  const unpacking = new Unpacking(options, await readManifest(options.repository, options.backup))
  await unpacking.tar('base.tar', '', options.into)
  for (const [oid, place] of options.tablespaces) {
    await mkdir(place, { recursive: true, mode: 0o700 })
    await giveTo(place, options.runAs)
    await unpacking.tar(`${oid}.tar`, `pg_tblspc/${oid}/`, place)
    await symlink(place, join(options.into, 'pg_tblspc', String(oid)))
  }
  if (options.tablespaces.size > 0) {
    await writeFile(join(options.into, 'tablespace_map'), tablespaceMap(options.tablespaces))
  }
  unpacking.expectNoneMissing()
  return { files: unpacking.files, bytes: unpacking.bytes }
}

/** The stored file of a backup by its plain name: `base.tar` is stored as `base.tar.zst.age`. */
export function storedFile(backup: BackupRecord, name: string): StoredFile {
  const file = backup.files.find((each) => parseStored(each.name).name === name)
  if (!file) throw backupDamaged(backup.id, name, 'the record of the backup does not list it')
  return file
}

async function readManifest(
  repository: Repository,
  backup: BackupRecord,
): Promise<Map<string, ManifestFile>> {
  const stored = storedFile(backup, 'backup_manifest')
  const pieces: Buffer[] = []
  for await (const piece of await repository.open(`base/${backup.id}/backup_manifest`, stored))
    pieces.push(piece as Buffer)
  try {
    return new Map(parseManifest(Buffer.concat(pieces)).files)
  } catch (error) {
    throw backupDamaged(backup.id, stored.name, (error as Error).message)
  }
}

type Entry = Extract extends AsyncIterable<infer E> ? E : never

class Unpacking {
  readonly #options: UnpackOptions
  /** Files the manifest promises that have not come yet. */
  readonly #promised: Map<string, ManifestFile>
  readonly #made = new Set<string>()
  files = 0
  bytes = 0

  constructor(options: UnpackOptions, promised: Map<string, ManifestFile>) {
    this.#options = options
    this.#promised = promised
  }

  /** Unpacks one stored tar file below `root`; `prefix` is where the manifest has its files. */
  async tar(name: string, prefix: string, root: string): Promise<void> {
    const { repository, backup, signal } = this.#options
    const stored = storedFile(backup, name)
    const source: Readable = await repository.open(`base/${backup.id}/${name}`, stored)
    const reader = extract()
    source.once('error', (error) => reader.destroy(error))
    source.pipe(reader)
    this.#made.add(root)
    try {
      for await (const entry of reader) {
        signal.throwIfAborted()
        await this.#entry(entry, stored.name, prefix, root)
      }
    } catch (error) {
      throw isTarError(error) ? backupDamaged(backup.id, stored.name, error.message) : error
    } finally {
      source.destroy()
    }
  }

  expectNoneMissing(): void {
    const [first] = this.#promised.keys()
    if (first === undefined) return
    const more = this.#promised.size > 1 ? ` and ${this.#promised.size - 1} more` : ''
    throw backupDamaged(
      this.#options.backup.id,
      'base.tar',
      `the file "${first}"${more} of the manifest is not in it`,
    )
  }

  async #entry(entry: Entry, stored: string, prefix: string, root: string): Promise<void> {
    const { type, name } = entry.header
    const path = entryPath(name)
    if (type === 'directory') {
      await this.#directory(join(root, path), root)
      entry.resume()
    } else if (type === 'file') {
      await this.#file(entry, path, stored, prefix, root)
    } else if (type === 'symlink' && this.#options.tablespaces.has(tablespaceOf(path) ?? -1)) {
      // Leads to the live server's tablespace; the link to the restored one is made afterwards.
      entry.resume()
    } else {
      throw new RangeError(`the entry ${JSON.stringify(name)} is a ${String(type)}, which no base backup has`)
    }
  }

  async #directory(path: string, root: string): Promise<void> {
    if (this.#made.has(path)) return
    if (path !== root) await this.#directory(dirname(path), root)
    await mkdir(path, { mode: 0o700 })
    await giveTo(path, this.#options.runAs)
    this.#made.add(path)
  }

  async #file(entry: Entry, path: string, stored: string, prefix: string, root: string): Promise<void> {
    const { backup, runAs, onBytes } = this.#options
    const promised = this.#promised.get(prefix + path)
    if (!promised)
      throw backupDamaged(backup.id, stored, `the file "${prefix}${path}" in it is not in the manifest`)
    this.#promised.delete(prefix + path)
    await this.#directory(dirname(join(root, path)), root)
    const hash = promised.algorithm === undefined ? undefined : createHash(promised.algorithm)
    const write = entry.header.size <= smallBytes ? writeSmall : writeLarge
    const size = await write(hashed(entry as AsyncIterable<Buffer>, hash), join(root, path), runAs)
    if (size !== promised.size || (hash && hash.digest('hex') !== promised.checksum)) {
      const what =
        size === promised.size ? 'its checksum differs' : `it has ${size} bytes instead of ${promised.size}`
      throw backupDamaged(
        backup.id,
        stored,
        `the file "${prefix}${path}" in it is not what the manifest says: ${what}`,
      )
    }
    this.files += 1
    this.bytes += size
    onBytes(this.bytes)
  }
}

/** Up to here a file is written in one go. */
const smallBytes = 2 ** 18

async function* hashed(source: AsyncIterable<Buffer>, hash: Hash | undefined): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    hash?.update(piece)
    yield piece
  }
}

/**
 * A new cluster has a thousand files of a few pages: handing each of the calls to the thread pool would take several
 * times as long as making them here.
 */
async function writeSmall(source: AsyncIterable<Buffer>, path: string, runAs: RunAs): Promise<number> {
  const pieces: Buffer[] = []
  for await (const piece of source) pieces.push(piece)
  const bytes = Buffer.concat(pieces)
  writeFileSync(path, bytes, { flag: 'wx', mode: 0o600 })
  if (process.getuid?.() === 0) chownSync(path, runAs.uid, runAs.gid)
  return bytes.length
}

async function writeLarge(source: AsyncIterable<Buffer>, path: string, runAs: RunAs): Promise<number> {
  let size = 0
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const piece of source) {
      await file.writeFile(piece)
      size += piece.length
    }
    if (process.getuid?.() === 0) await file.chown(runAs.uid, runAs.gid)
  } finally {
    await file.close()
  }
  return size
}

/** tar-stream throws plain errors for a broken archive, entryPath a RangeError; system errors carry a code. */
function isTarError(error: unknown): error is Error {
  return (
    error instanceof RangeError ||
    (error instanceof Error && error.constructor === Error && !('code' in error))
  )
}
