import type { Transform } from 'node:stream'
import { constants, createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib'
import type { StoreCompression } from '../repository.ts'

/** Bytes per thread pool job: small ones cost more in hand-over than in work. */
export const jobBytes = 256 * 1024

/**
 * The ending a file gets, and the stream that makes it; undefined when the bytes stay as they are.
 *
 * @param checked whether damage has to show in the file alone; it costs a sixth of the time
 */
export function compressing(
  { algorithm, level }: StoreCompression,
  checked = true,
): {
  ending: '' | '.zst' | '.gz'
  stream?: Transform
} {
  switch (algorithm) {
    case 'zstd':
      // The checksum flag adds 4 bytes of XXH64 per frame, so that damage shows when it is decompressed (RFC 8878, 3.1.1).
      return {
        ending: '.zst',
        stream: createZstdCompress({
          chunkSize: jobBytes,
          params: {
            [constants.ZSTD_c_compressionLevel]: level,
            [constants.ZSTD_c_checksumFlag]: checked ? 1 : 0,
          },
        }),
      }
    case 'gzip':
      return { ending: '.gz', stream: createGzip({ chunkSize: jobBytes, level: Math.min(level, 9) }) }
    case 'already-zstd':
      return { ending: '.zst' }
    case 'already-gzip':
      return { ending: '.gz' }
    case 'none':
      return { ending: '' }
  }
}

/** The stream that undoes it; a frame that is cut off or fails its checksum fails the stream. */
export function decompressing(compression: 'zstd' | 'gzip' | 'none'): Transform | undefined {
  if (compression === 'zstd') return createZstdDecompress({ chunkSize: jobBytes })
  return compression === 'gzip' ? createGunzip({ chunkSize: jobBytes }) : undefined
}

/**
 * Leads an iterable through a transform; a failure on either side fails both. A piece is done with when the next
 * one is asked for, so that the source may use its memory again.
 */
export async function* through(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array> {
  const fed = feed(source, transform)
  // The loop below sees the failure too; without a handler of its own node would first call it unhandled.
  fed.catch(() => undefined)
  for await (const piece of transform) yield piece as Buffer
  await fed
}

async function feed(source: AsyncIterable<Uint8Array>, transform: Transform): Promise<void> {
  try {
    for await (const piece of source) {
      await new Promise<void>((resolve, reject) => {
        const given = (error?: Error | null): void => {
          transform.off('close', given)
          if (error || transform.destroyed) reject(error ?? new Error('the stream was closed'))
          else resolve()
        }
        // A destroyed transform may never call back.
        transform.once('close', given)
        transform.write(piece, given)
      })
    }
    transform.end()
  } catch (error) {
    transform.destroy(error as Error)
    throw error
  }
}
