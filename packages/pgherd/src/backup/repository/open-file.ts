import { createHash } from 'node:crypto'
import { open, readFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { StoredFile } from '../catalogue.ts'
import type { Sealing } from '../repository.ts'
import { decompressing, jobBytes, through } from './compression.ts'
import { damaged, explainReadFailure, keyNeeded, missing } from './damage.ts'
import { parseStored, storedVariants, sumEnding } from './stored-name.ts'

/**
 * Opens a stored file; see Repository.open. The stream fails with BACKUP_FILE_DAMAGED at the latest at its
 * end: age authenticates each chunk, zstd and gzip carry checksums, and the bytes as they lie on disk are
 * compared with `expected`, or with the sum beside the file, where there is one.
 */
export async function openFile(
  root: string,
  sealing: Sealing,
  name: string,
  expected?: StoredFile,
): Promise<Readable> {
  const { path, file } = await openAnyVariant(root, name)
  try {
    if (parseStored(path).sealed && sealing.format === 'none') throw keyNeeded(path)
    const wanted = expected ?? (await sumBeside(path))
    const { size } = await file.stat()
    if (expected && size !== expected.bytes) {
      throw damaged(path, `it is ${size} bytes long, and was ${expected.bytes} when it was stored`)
    }
    return Readable.from(unpack(path, file, sealing, wanted?.sha256), { objectMode: false })
  } catch (error) {
    await file.close()
    throw explainReadFailure(path, error)
  }
}

async function openAnyVariant(root: string, name: string): Promise<{ path: string; file: FileHandle }> {
  for (const path of storedVariants(join(root, name))) {
    try {
      return { path, file: await open(path, 'r') }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw explainReadFailure(path, error)
    }
  }
  throw missing(join(root, name))
}

async function* unpack(
  path: string,
  file: FileHandle,
  sealing: Sealing,
  sha256?: string,
): AsyncGenerator<Uint8Array> {
  const { compression, sealed } = parseStored(path)
  const hash = sha256 === undefined ? undefined : createHash('sha256')
  try {
    const reuse = sealed || compression !== 'none'
    const stored = readPieces(file, reuse, (piece) => hash?.update(piece))
    const unsealed = sealed ? sealing.open(stored) : stored
    const transform = decompressing(compression)
    yield* transform ? through(unsealed, transform) : unsealed
    // What follows the end of a compressed stream has not been read yet, and counts for the sum all the same.
    while (!(await stored[Symbol.asyncIterator]().next()).done);
    if (hash && hash.digest('hex') !== sha256) throw new Error('its SHA-256 is not the recorded one')
  } catch (error) {
    throw explainReadFailure(path, error)
  } finally {
    await file.close()
  }
}

/**
 * The file from its start; a second loop goes on where the first one stopped. With `reuse`, every piece lies in the
 * same memory: good when it is deciphered or decompressed before the next one is asked for.
 */
function readPieces(
  file: FileHandle,
  reuse: boolean,
  onPiece: (piece: Uint8Array) => void,
): AsyncIterable<Uint8Array> {
  const shared = reuse ? Buffer.allocUnsafe(jobBytes) : undefined
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const { bytesRead, buffer } = await file.read(shared ?? Buffer.allocUnsafe(jobBytes), 0, jobBytes)
        if (bytesRead === 0) return
        const piece = buffer.subarray(0, bytesRead)
        onPiece(piece)
        yield piece
      }
    },
  }
}

/** The sum beside a plain WAL file, as `sha256sum` writes it. */
async function sumBeside(path: string): Promise<{ sha256: string } | undefined> {
  try {
    const sha256 = /^([0-9a-f]{64}) {2}/.exec(await readFile(`${path}${sumEnding}`, 'utf8'))?.[1]
    return { sha256: sha256 ?? 'unreadable' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
