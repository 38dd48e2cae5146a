import { createHash } from 'node:crypto'
import { EventStoreError } from '../errors/event-store-error.ts'

/**
 * Lines `<digest> <JSON>`, where a digest is the SHA-256 of the one before it and the JSON, in base64url: so a line that
 * was changed, left out, added or moved is found, and named, without reading to the end. The last digest stands for
 * the whole file. Whoever can write the file can compute digests too: keep the last one elsewhere against that.
 */
export class LineSeal {
  #last: Buffer = Buffer.alloc(0)

  /** The line of a record, with its end. */
  seal(record: unknown): string {
    const json = JSON.stringify(record)
    return `${this.#next(json).toString('base64url')} ${json}\n`
  }

  /** The JSON of a line without its end; undefined when the line is not what was written. */
  open(line: Buffer): string | undefined {
    const json = line.subarray(digestLength + 1)
    const digest = line.toString('latin1', 0, digestLength)
    if (line[digestLength] !== blank || this.#next(json).toString('base64url') !== digest) return undefined
    return json.toString()
  }

  /** Of the last line. */
  get digest(): string {
    return this.#last.toString('base64url')
  }

  #next(json: string | Buffer): Buffer {
    this.#last = createHash('sha256').update(this.#last).update(json).digest()
    return this.#last
  }
}

/** 32 bytes in base64url. */
const digestLength = 43
const blank = 0x20
const newLine = 0x0a

/** Four times the largest event: JSON in JSON doubles quotes, and characters have up to three bytes. */
const maxLineBytes = 400 * 1024 * 1024

/** Lines of a file without their ends; what follows the last end is a line too. Throws EXPORT_DAMAGED for one that is longer than any. */
export async function* linesOf(
  source: AsyncIterable<string | Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  let parts: Buffer[] = []
  let length = 0
  let number = 1
  for await (const piece of source) {
    const chunk =
      typeof piece === 'string'
        ? Buffer.from(piece)
        : Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    let from = 0
    for (let end = chunk.indexOf(newLine); end >= 0; end = chunk.indexOf(newLine, from)) {
      const rest = chunk.subarray(from, end)
      yield parts.length === 0 ? rest : Buffer.concat([...parts, rest])
      parts = []
      length = 0
      number++
      from = end + 1
    }
    if (from === chunk.length) continue
    // a copy: a stream may use its buffer again
    parts.push(Buffer.from(chunk.subarray(from)))
    length += chunk.length - from
    if (length > maxLineBytes) throw damaged(`line ${number} has no end`)
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}

export function damaged(detail: string): EventStoreError {
  return new EventStoreError('EXPORT_DAMAGED', {
    detail,
    why: 'what it holds is not what was exported, so nothing of it is imported',
    mend: 'Copy the file again from where it was exported to, or export again.',
  })
}
