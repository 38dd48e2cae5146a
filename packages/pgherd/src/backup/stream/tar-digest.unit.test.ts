import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { TarDigest } from './tar-digest.ts'

async function archive(files: readonly (readonly [string, Buffer])[]): Promise<Buffer> {
  const writer = pack()
  const whole = buffer(writer)
  writer.entry({ name: 'base', type: 'directory' })
  for (const [name, bytes] of files) writer.entry({ name }, bytes)
  writer.finalize()
  return whole
}

test('every file is found with its SHA-256, however the stream is cut', async () => {
  const files = fc.uniqueArray(
    fc.tuple(fc.stringMatching(/^[a-z]{1,40}$/), fc.uint8Array({ maxLength: 3000 })),
    {
      selector: ([name]) => name,
      maxLength: 6,
    },
  )
  await fc.assert(
    fc.asyncProperty(
      files,
      fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1 }),
      async (content, cuts) => {
        const entries = content.map(([name, bytes]) => [name, Buffer.from(bytes)] as const)
        const tar = await archive(entries)
        const digest = new TarDigest()
        for (let at = 0, cut = 0; at < tar.length; at += cuts[cut++ % cuts.length] ?? 1) {
          digest.push(tar.subarray(at, at + (cuts[cut % cuts.length] ?? 1)))
        }
        digest.end()
        expect([...digest.files]).toEqual(
          entries.map(([name, bytes]) => [
            name,
            { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
          ]),
        )
      },
    ),
    { numRuns: 60 },
  )
})

test('a stream that ends in the middle of a file is refused', async () => {
  const tar = await archive([['whole', Buffer.alloc(2000, 1)]])
  const digest = new TarDigest()
  digest.push(tar.subarray(0, 1600))
  expect(() => digest.end()).toThrow('the archive ends in the middle of whole')
})

test('what is no tar archive is refused', () => {
  expect(() => new TarDigest().push(Buffer.alloc(512, 'x'))).toThrow('no tar archive')
})

test('a size above 8 GB is read in base 256', () => {
  const header = Buffer.alloc(512)
  header.write('large')
  header.write('ustar', 257)
  header[156] = 0x30
  header[124] = 0x80
  header.writeBigUInt64BE(10n * 2n ** 30n, 128)
  const digest = new TarDigest()
  digest.push(header)
  digest.push(Buffer.alloc(1024))
  expect(() => digest.end()).toThrow('in the middle of large')
})
