import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { RunAs } from '../../topology/host-facts.ts'
import type { StoredFile } from '../catalogue.ts'
import type { Repository, Sealing } from '../repository.ts'
import { claimBackup, releaseBackup } from './backup-writer.ts'
import { explainReadFailure } from './damage.ts'
import { makeDirectories, syncDirectory } from './durable-write.ts'
import { readBackups, readProofs, readWal } from './inventory.ts'
import { readJsonFile, writeJsonFile } from './json-file.ts'
import { openFile } from './open-file.ts'
import { removeFile, storeFile } from './store-file.ts'
import { assertName, storedVariants, sumEnding } from './stored-name.ts'
import { cleanUnfinished, filesBelow } from './unfinished.ts'

/** A repository in a directory; `openRepository` is the way to one. */
export function fileRepository(root: string, systemId: string, sealing: Sealing, owner: RunAs): Repository {
  /** Claims the backup a name belongs to, so that no other process takes it for a crashed one. */
  const prepare = async (name: string): Promise<void> => {
    assertName(name)
    await makeDirectories(root, name.startsWith('base/') ? 'base' : '', owner)
    const id = backupOf(name)
    if (id !== undefined) await claimBackup(root, id, owner)
    await makeDirectories(root, dirname(name), owner)
  }
  return {
    root,
    systemId,
    sealing,
    store: async (name, source, compression) => {
      await prepare(name)
      return storeFile({ root, owner, sealing, name, compression }, source)
    },
    open: async (name, expected) => {
      assertName(name)
      return openFile(root, sealing, name, expected)
    },
    checkStored: (directory, file) => checkStored(join(root, directory, file.name), file),
    writeJson: async (name, value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new TypeError('a record is an object')
      await prepare(name)
      await writeJsonFile(join(root, name), owner, value)
      const id = backupOf(name)
      if (id !== undefined && name.endsWith('/backup.json')) await releaseBackup(root, id)
    },
    readJson: async <T>(name: string) => {
      assertName(name)
      return (await readJsonFile(join(root, name))) as T | undefined
    },
    backups: () => readBackups(root),
    proofs: () => readProofs(root),
    wal: () => readWal(root),
    list: async () =>
      (await filesBelow(root))
        .map((path) => relative(root, path))
        .filter(isLasting)
        .sort(),
    cleanUnfinished: () => cleanUnfinished(root),
    remove: (name) => remove(root, name),
  }
}

/** The backup a name lies in, when it lies in one. */
function backupOf(name: string): string | undefined {
  return /^base\/(\d{8}T\d{6}Z)\//.exec(name)?.[1]
}

/** Neither temporary nor a claim. */
function isLasting(name: string): boolean {
  return !name.slice(name.lastIndexOf('/') + 1).startsWith('.')
}

async function checkStored(path: string, { bytes, sha256 }: StoredFile): Promise<boolean> {
  const hash = createHash('sha256')
  let read = 0
  try {
    await pipeline(
      createReadStream(path, { highWaterMark: 256 * 1024 }),
      async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          hash.update(piece)
          read += piece.length
        }
      },
    )
  } catch (error) {
    const failure = explainReadFailure(path, error)
    if (failure.diagnostics[0]?.code === 'BACKUP_REPOSITORY_UNREADABLE') throw failure
    return false
  }
  return read === bytes && hash.digest('hex') === sha256
}

async function remove(root: string, name: string): Promise<void> {
  assertName(name)
  const path = join(root, name)
  const backup = /^base\/([^/]+)$/.exec(name)?.[1]
  if (backup !== undefined) {
    if (await removeFile(join(path, 'backup.json'))) await syncDirectory(path)
    await rm(path, { recursive: true, force: true })
    await releaseBackup(root, backup)
    return
  }
  const removed = await Promise.all([...storedVariants(path), `${path}${sumEnding}`].map(removeFile))
  if (removed.includes(true)) await syncDirectory(dirname(path))
}
