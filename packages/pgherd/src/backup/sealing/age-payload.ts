import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { inBlocks } from '../blocks.ts'
import { splitStream } from './split-stream.ts'

/** Sizes of the payload of an age file (C2SP age specification, "Payload"). */
const chunkBytes = 64 * 1024
const tagBytes = 16
const nonceBytes = 16
/** The one at hand and the one behind it, which tells whether it is the last. */
const heldChunks = 2

/**
 * The payload of an age file: a random nonce, then chunks of 64 KiB, each sealed with ChaCha20-Poly1305 under
 * a counter and a flag that marks the last one (C2SP age specification, "Payload"; the STREAM construction).
 * The cipher is OpenSSL's, three to five times faster than the JavaScript one of the age library
 * (docs/decisions/encryption.md); tests compare both directions with that library and with the age tool.
 */
export async function* sealPayload(
  fileKey: Uint8Array,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const nonce = randomBytes(nonceBytes)
  yield nonce
  const key = payloadKey(fileKey, nonce)
  let counter = 0
  for await (const { chunk, last } of markLast(inBlocks(source, chunkBytes, heldChunks))) {
    const cipher = createCipheriv('chacha20-poly1305', key, chunkNonce(counter, last), {
      authTagLength: tagBytes,
    })
    yield cipher.update(chunk)
    cipher.final()
    yield cipher.getAuthTag()
    counter += 1
  }
}

/**
 * Opens what `sealPayload` or any age program made. Every chunk is authenticated before it is handed on, and
 * a stream that was cut off, lengthened or reordered throws: only the true last chunk carries the flag.
 */
export async function* openPayload(
  fileKey: Uint8Array,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const { head: nonce, rest } = await splitStream(source, (read) =>
    read.length < nonceBytes ? undefined : nonceBytes,
  )
  const key = payloadKey(fileKey, nonce)
  let counter = 0
  for await (const { chunk, last } of markLast(inBlocks(rest, chunkBytes + tagBytes, heldChunks))) {
    const length = chunk.length - tagBytes
    if (length < 0 || (length === 0 && counter > 0))
      throw new Error('the payload ends in the middle of a chunk')
    const decipher = createDecipheriv('chacha20-poly1305', key, chunkNonce(counter, last), {
      authTagLength: tagBytes,
    })
    decipher.setAuthTag(chunk.subarray(length))
    const opened = decipher.update(chunk.subarray(0, length))
    decipher.final()
    yield opened
    counter += 1
  }
}

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32))
}

/** 11 bytes of big-endian counter, then 1 for the last chunk. */
function chunkNonce(counter: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(counter, 5, 6)
  nonce[11] = last ? 1 : 0
  return nonce
}

/** Says of each chunk whether another follows; an empty stream still has one, empty and last. */
async function* markLast(chunks: AsyncIterable<Buffer>): AsyncGenerator<{ chunk: Buffer; last: boolean }> {
  let held: Buffer | undefined
  for await (const chunk of chunks) {
    if (held) yield { chunk: held, last: false }
    held = chunk
  }
  yield { chunk: held ?? Buffer.alloc(0), last: true }
}
