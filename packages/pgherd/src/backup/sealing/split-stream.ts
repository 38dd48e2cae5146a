/** Bytes gathered while looking for the end of the head: an age header is some hundred. */
const headLimit = 64 * 1024

/**
 * Reads the head of a stream and hands back the rest unread. `endOfHead` says how long the head is, or
 * undefined while more must be read. The source is closed when the rest is left early.
 *
 * @throws Error when the stream ends, or 64 KiB pass, before the head does.
 */
export async function splitStream(
  source: AsyncIterable<Uint8Array>,
  endOfHead: (read: Buffer) => number | undefined,
): Promise<{ readonly head: Buffer; readonly rest: AsyncIterable<Uint8Array> }> {
  const reader = source[Symbol.asyncIterator]()
  try {
    let read = Buffer.alloc(0)
    for (;;) {
      const end = endOfHead(read)
      if (end !== undefined)
        return { head: read.subarray(0, end), rest: continueFrom(read.subarray(end), reader) }
      const next = read.length > headLimit ? undefined : await reader.next()
      if (!next || next.done) throw new Error('the file ends before its header does')
      read = Buffer.concat([read, next.value])
    }
  } catch (error) {
    await reader.return?.()
    throw error
  }
}

async function* continueFrom(
  first: Uint8Array,
  reader: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first
    for (let next = await reader.next(); !next.done; next = await reader.next()) yield next.value
  } finally {
    await reader.return?.()
  }
}
