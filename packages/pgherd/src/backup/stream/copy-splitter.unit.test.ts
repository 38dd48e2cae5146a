import fc from 'fast-check'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { CopySplitter } from './copy-splitter.ts'

function message(tag: string, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(5)
  header.write(tag)
  header.writeUInt32BE(payload.length + 4, 1)
  return Buffer.concat([header, payload])
}

/** Sends pieces through a real socket and returns what came out at either side, in order. */
async function split(pieces: readonly Buffer[]): Promise<{ copied: Buffer[]; others: Buffer }> {
  const server = createServer((socket) => {
    void (async () => {
      for (const piece of pieces) {
        socket.write(piece)
        await new Promise((resolve) => setImmediate(resolve))
      }
      socket.end()
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const splitter = new CopySplitter()
  const copied: Buffer[] = []
  const others: Buffer[] = []
  splitter.onCopyData = (payload) => copied.push(Buffer.from(payload))
  splitter.socket.on('data', (bytes: Buffer) => others.push(bytes))
  splitter.socket.connect((server.address() as AddressInfo).port, '127.0.0.1')
  await new Promise((resolve) => splitter.socket.once('close', resolve))
  server.close()
  return { copied, others: Buffer.concat(others) }
}

test('copy data is taken out whole and in order, however the stream is cut', async () => {
  const messages = fc.array(
    fc.tuple(fc.constantFrom('d', 'd', 'Z', 'T'), fc.uint8Array({ maxLength: 200 })),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(
      messages,
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      async (content, cuts) => {
        const whole = Buffer.concat(content.map(([tag, payload]) => message(tag, payload)))
        const pieces: Buffer[] = []
        for (let at = 0, n = 0; at < whole.length; n++) {
          const next = at + (cuts[n % cuts.length] ?? 1)
          pieces.push(whole.subarray(at, next))
          at = next
        }
        const { copied, others } = await split(pieces)
        expect(copied).toEqual(
          content.filter(([tag]) => tag === 'd').map(([, payload]) => Buffer.from(payload)),
        )
        expect(others).toEqual(
          Buffer.concat(
            content.filter(([tag]) => tag !== 'd').map(([tag, payload]) => message(tag, payload)),
          ),
        )
      },
    ),
    { numRuns: 40 },
  )
})

test('a message larger than the read buffer arrives whole', async () => {
  const large = Buffer.alloc(1_000_000, 'pgherd')
  const { copied, others } = await split([message('d', large), message('Z', Buffer.from('I'))])
  expect(copied).toHaveLength(1)
  expect(copied[0]?.equals(large)).toBe(true)
  expect(others).toEqual(message('Z', Buffer.from('I')))
})
