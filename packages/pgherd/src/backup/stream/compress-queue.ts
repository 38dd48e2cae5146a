import type { Transform } from 'node:stream'
import type { ByteQueue } from './byte-queue.ts'

/**
 * Compresses what comes through a queue. Two blocks are on their way at a time, so that the thread that
 * compresses never waits for this one, and no block is copied or left to the garbage collector.
 */
export async function* compressQueue(queue: ByteQueue, transform: Transform): AsyncGenerator<Buffer> {
  const feeding = feed(queue, transform)
  feeding.catch((error: unknown) =>
    transform.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  try {
    for await (const piece of transform) yield piece as Buffer
    await feeding
  } finally {
    transform.destroy()
  }
}

async function feed(queue: ByteQueue, transform: Transform): Promise<void> {
  let before: Promise<void> = Promise.resolve()
  for (;;) {
    const block = await queue.take()
    if (!block) break
    const written = new Promise<void>((resolve, reject) => {
      transform.write(block, (error) => (error ? reject(error) : resolve()))
    }).then(() => queue.giveBack(block))
    // awaited one round later; until then its failure must not count as unhandled
    written.catch(() => undefined)
    await before
    before = written
  }
  await before
  transform.end()
}
