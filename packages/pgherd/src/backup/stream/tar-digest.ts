import { isUtf8 } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'

const blockBytes = 512

export interface TarEntry {
  readonly bytes: number
  readonly sha256: string
}

/**
 * Reads a tar stream as PostgreSQL writes it (src/port/tar.c: ustar, names up to 100 bytes, sizes above
 * 8 GB in base 256) and takes the SHA-256 of every regular file on the way through.
 */
export class TarDigest {
  /** Regular files by their name in the archive. */
  readonly files = new Map<string, TarEntry>()
  /** Modification time of the newest header, in seconds since 1970. */
  modifiedAt = 0
  readonly #header = Buffer.alloc(blockBytes)
  #headerFilled = 0
  #name = ''
  #size = 0
  #hash: Hash | undefined
  #left = 0
  #padding = 0

  /** Takes the next bytes of the stream. Throws when they are no tar archive. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at)
        this.#hash?.update(taken === chunk.length ? chunk : chunk.subarray(at, at + taken))
        this.#left -= taken
        at += taken
        if (this.#left === 0) this.#endFile()
      } else if (this.#padding > 0) {
        const taken = Math.min(this.#padding, chunk.length - at)
        this.#padding -= taken
        at += taken
      } else {
        const taken = chunk.copy(this.#header, this.#headerFilled, at, at + blockBytes - this.#headerFilled)
        this.#headerFilled += taken
        at += taken
        if (this.#headerFilled === blockBytes) this.#beginFile()
      }
    }
  }

  /** Throws when the stream ended in the middle of a file. */
  end(): void {
    if (this.#left > 0 || this.#headerFilled > 0)
      throw new Error(`the archive ends in the middle of ${this.#name || 'a header'}`)
  }

  #beginFile(): void {
    this.#headerFilled = 0
    const header = this.#header
    if (header[0] === 0) return // the zero blocks at the end
    if (header.toString('latin1', 257, 262) !== 'ustar')
      throw new Error('the server sent something that is no tar archive')
    this.#name = text(header, 0, 100)
    this.#size = tarNumber(header, 124, 12)
    this.modifiedAt = tarNumber(header, 136, 12)
    const regular = header[156] === 0x30 || header[156] === 0
    this.#left = this.#size
    this.#padding = (blockBytes - (this.#size % blockBytes)) % blockBytes
    this.#hash = regular ? createHash('sha256') : undefined
    if (this.#left === 0) this.#endFile()
  }

  #endFile(): void {
    if (this.#hash) this.files.set(this.#name, { bytes: this.#size, sha256: this.#hash.digest('hex') })
    this.#hash = undefined
  }
}

/** A field up to its first zero byte; bytes that are no UTF-8 one by one, as in the manifest. */
function text(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length)
  const end = field.indexOf(0)
  const bytes = end === -1 ? field : field.subarray(0, end)
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}

/** Octal text, or a binary number when the first bit is set (GNU extension, used by PostgreSQL). */
function tarNumber(header: Buffer, start: number, length: number): number {
  if (((header[start] ?? 0) & 0x80) === 0)
    return Number.parseInt(text(header, start, length).trim() || '0', 8)
  return Number(header.readBigUInt64BE(start + length - 8))
}
