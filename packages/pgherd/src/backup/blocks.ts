/**
 * Cuts a stream of bytes into blocks of exactly `size` bytes; the last one may be shorter, and an empty
 * source gives no block. Bytes are copied, so that a source may reuse its buffers once it is asked for more.
 * Streams are cut before work that costs per call: a thread pool job of zlib, a chunk of an age file.
 *
 * With `buffers`, that many blocks take turns in the same memory: a block is only good until that many more
 * have been asked for. A gigabyte in fresh blocks is garbage that piles up, since the collector sees it late.
 */
export async function* inBlocks(
  source: AsyncIterable<Uint8Array>,
  size: number,
  buffers = Infinity,
): AsyncGenerator<Buffer> {
  const ring: Buffer[] = []
  const nextBuffer = (): Buffer => {
    const buffer = (ring.length >= buffers ? ring.shift() : undefined) ?? Buffer.allocUnsafe(size)
    if (buffers !== Infinity) ring.push(buffer)
    return buffer
  }
  let block = nextBuffer()
  let filled = 0
  for await (const piece of source) {
    for (let offset = 0; offset < piece.length;) {
      const taken = Math.min(size - filled, piece.length - offset)
      block.set(
        offset === 0 && taken === piece.length ? piece : piece.subarray(offset, offset + taken),
        filled,
      )
      filled += taken
      offset += taken
      if (filled < size) continue
      yield block
      block = nextBuffer()
      filled = 0
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}
