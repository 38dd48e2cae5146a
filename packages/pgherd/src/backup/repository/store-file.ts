import { createHash } from 'node:crypto'
import { unlink, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RunAs } from '../../topology/host-facts.ts'
import { inBlocks } from '../blocks.ts'
import type { StoredFile } from '../catalogue.ts'
import type { Sealing, StoreCompression } from '../repository.ts'
import { compressing, jobBytes, through } from './compression.ts'
import { makeDirectories, syncDirectory, writeDurably } from './durable-write.ts'
import { storedVariants, sumEnding } from './stored-name.ts'

export interface StoreRequest {
  readonly root: string
  readonly owner: RunAs
  readonly sealing: Sealing
  readonly name: string
  readonly compression: StoreCompression
}

/**
 * Streams `source` through compression and sealing into the repository; see Repository.store. At most some
 * blocks are in memory, and the source is asked for more only as fast as the disk takes it.
 */
export async function storeFile(
  { root, owner, sealing, name, compression }: StoreRequest,
  source: AsyncIterable<Uint8Array>,
): Promise<StoredFile & { readonly rawBytes: number }> {
  const { ending, stream } = compressing(compression)
  const path = join(root, `${name}${ending}${sealing.ending}`)
  await makeDirectories(root, dirname(name), owner)

  const raw = { bytes: 0 }
  const stored = { bytes: 0, hash: createHash('sha256') }
  const measured = inBlocks(counted(source, raw), jobBytes, 1)
  const compressed = stream ? through(measured, stream) : measured
  await writeDurably(path, owner, async (file) => {
    for await (const batch of batches(sealing.seal(compressed))) {
      for (const piece of batch) {
        stored.hash.update(piece)
        stored.bytes += piece.length
      }
      await writeAll(file, batch)
    }
  })
  const sha256 = stored.hash.digest('hex')
  // Recovery would take a damaged segment for the end of WAL, so one without a check of its own gets a sum.
  const unchecked = basename(path) === basename(name)
  if (unchecked && name.startsWith('wal/') && !name.endsWith('.partial')) {
    const line = `${sha256}  ${basename(path)}\n`
    await writeDurably(`${path}${sumEnding}`, owner, (file) => file.writeFile(line))
  }
  await removeOtherVariants(root, name, path)
  return { name: basename(path), bytes: stored.bytes, sha256, rawBytes: raw.bytes }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  count: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    count.bytes += piece.length
    yield piece
  }
}

/**
 * Gathers small pieces, such as the tags of age chunks, so that they do not cost a system call each. A piece of
 * `jobBytes` goes on alone and at once: without compression and encryption its memory is used again.
 */
async function* batches(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let bytes = 0
  for await (const piece of source) {
    batch.push(piece)
    bytes += piece.length
    if (bytes < jobBytes) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (bytes > 0) yield batch
}

/** writev(2) may take less than it is given. */
async function writeAll(file: FileHandle, batch: readonly Uint8Array[]): Promise<void> {
  let left = batch
  while (left.length > 0) {
    let { bytesWritten } = await file.writev(left)
    const at = left.findIndex((piece) => {
      if (bytesWritten < piece.length) return true
      bytesWritten -= piece.length
      return false
    })
    const first = left[at]
    if (!first) return
    left = [first.subarray(bytesWritten), ...left.slice(at + 1)]
  }
}

/** The same name under another compression or key: what the spec said before it was changed. */
async function removeOtherVariants(root: string, name: string, kept: string): Promise<void> {
  const others = storedVariants(join(root, name)).filter((each) => each !== kept)
  if (kept !== join(root, name)) others.push(`${join(root, name)}${sumEnding}`)
  const removed = await Promise.all(others.map(removeFile))
  if (removed.includes(true)) await syncDirectory(dirname(kept))
}

/** Removes a file; false when there was none. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
