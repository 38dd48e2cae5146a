import { constants } from 'node:fs'
import { open, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { giveTo } from '../../hosts/run-as.ts'
import type { Repository, StoreCompression } from '../repository.ts'
import { makeDirectories, syncDirectory } from '../repository/durable-write.ts'

/** The segment being received, as it lies in the repository under `<segment>.partial`. */
export interface PartialSegment {
  /** Makes the first `end` bytes of the segment durable; those before `from` already are. */
  save(segment: Buffer, from: number, end: number): Promise<void>
  /** Takes the file away: the finished segment is in the repository. */
  remove(): Promise<void>
  close(): Promise<void>
}

/** `<timeline as 8 digits>/<segment>` below `wal/`. */
export function walFile(segment: string): string {
  return `wal/${segment.slice(0, 8)}/${segment}`
}

/**
 * A plain partial segment: a file of the size of a whole segment, zeros after what has been
 * received, as pg_receivewal keeps it. Bytes that an earlier run left are written over with the
 * same bytes and never cut off, because they may be the only copy.
 */
export class AppendedPartial implements PartialSegment {
  readonly #root: string
  readonly #path: string
  readonly #size: number
  #file: FileHandle | undefined

  constructor(repository: Repository, segment: string, size: number) {
    this.#root = repository.root
    this.#path = join(repository.root, `${walFile(segment)}.partial`)
    this.#size = size
  }

  async save(segment: Buffer, from: number, end: number): Promise<void> {
    this.#file ??= await this.#create()
    for (let at = from; at < end;) {
      const { bytesWritten } = await this.#file.write(segment, at, end - at, at)
      at += bytesWritten
    }
    await this.#file.datasync()
  }

  async remove(): Promise<void> {
    await this.close()
    await rm(this.#path, { force: true })
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  /** Takes the space of the whole segment first, so that a full disk is met before any byte counts as received. */
  async #create(): Promise<FileHandle> {
    const directory = dirname(this.#path)
    const owner = await stat(this.#root)
    await makeDirectories(this.#root, relative(this.#root, directory), owner)
    const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600)
    try {
      await giveTo(this.#path, owner)
      const { size } = await file.stat()
      const zeros = Buffer.alloc(Math.min(this.#size, 1 << 20))
      for (let at = size; at < this.#size;) {
        const { bytesWritten } = await file.write(zeros, 0, Math.min(zeros.length, this.#size - at), at)
        at += bytesWritten
      }
      await file.sync()
      await syncDirectory(directory)
    } catch (error) {
      await file.close()
      throw error
    }
    return file
  }
}

/**
 * A sealed partial segment. A sealed file cannot grow, so each save replaces it as a whole with what
 * has been received so far, without padding: its opened length says how far it goes.
 */
export class SealedPartial implements PartialSegment {
  readonly #repository: Repository
  readonly #name: string
  /** Bytes that an earlier run left; a shorter copy must not replace them. */
  readonly #floor: number

  readonly #compression: StoreCompression

  constructor(repository: Repository, segment: string, floor: number, compression: StoreCompression) {
    this.#repository = repository
    this.#compression = compression
    this.#name = `${walFile(segment)}.partial`
    this.#floor = floor
  }

  async save(segment: Buffer, _from: number, end: number): Promise<void> {
    if (end <= this.#floor) return
    await this.#repository.store(this.#name, pieces(segment.subarray(0, end)), this.#compression)
  }

  async remove(): Promise<void> {
    await this.#repository.remove(this.#name)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** A buffer as a stream: in pieces, so that hashing and sealing leave room for the event loop. */
export async function* pieces(buffer: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < buffer.length; at += 1 << 18)
    yield await Promise.resolve(buffer.subarray(at, at + (1 << 18)))
}
