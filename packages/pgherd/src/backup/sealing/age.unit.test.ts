import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { generateBackupKey, openSealing } from './registry.ts'

const chunk = 64 * 1024
/** Around the borders of age's chunks, where the last one is decided. */
const sizes = fc.oneof(
  fc.constantFrom(0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk - 1, 2 * chunk, 2 * chunk + 1, 3 * chunk),
  fc.integer({ min: 0, max: 4 * chunk }),
)
const pieceSizes = fc.constantFrom(1000, 16 * 1024, 65_552, 100_000, 1_000_000)

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    return error instanceof DiagnosticError ? (error.diagnostics[0]?.code ?? '') : String(error)
  }
  return 'nothing thrown'
}

describe('age sealing', () => {
  test('opens what it sealed, and the age library reads it and is read', async () => {
    const key = await generateBackupKey()
    const sealing = openSealing('age', key)
    const encrypter = new Encrypter()
    encrypter.addRecipient(await identityToRecipient(key))
    const decrypter = new Decrypter()
    decrypter.addIdentity(key)
    await fc.assert(
      fc.asyncProperty(sizes, pieceSizes, async (size, piece) => {
        const plain = randomBytes(size)
        const sealed = await buffer(sealing.seal(pieces(plain, piece)))
        expect(Buffer.compare(await buffer(sealing.open(pieces(sealed, piece))), plain)).toBe(0)
        expect(Buffer.compare(await decrypter.decrypt(sealed), plain)).toBe(0)
        const theirs = await encrypter.encrypt(plain)
        expect(Buffer.compare(await buffer(sealing.open(pieces(theirs, piece))), plain)).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  test('any flipped bit, cut or added byte, and any chunk order but the right one is refused', async () => {
    const sealing = openSealing('age', await generateBackupKey())
    const plain = randomBytes(2 * chunk + 100)
    const sealed = await buffer(sealing.seal(pieces(plain, chunk)))
    const opened = async (bytes: Uint8Array): Promise<string> => {
      try {
        return Buffer.compare(await buffer(sealing.open(pieces(bytes, 10_000))), plain) === 0
          ? 'same'
          : 'different'
      } catch {
        return 'refused'
      }
    }
    expect(await opened(sealed)).toBe('same')
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length * 8 - 1), async (bit) => {
        const flipped = Buffer.from(sealed)
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        expect(await opened(flipped)).toBe('refused')
      }),
      { numRuns: 150 },
    )
    const payload = sealed.length - (2 * (chunk + 16) + 116)
    for (const length of [
      0,
      10,
      payload - 1,
      payload,
      payload + chunk + 16,
      sealed.length - 117,
      sealed.length - 116,
      sealed.length - 1,
    ]) {
      expect(await opened(sealed.subarray(0, length)), `cut to ${length}`).toBe('refused')
    }
    expect(await opened(Buffer.concat([sealed, Buffer.alloc(1)]))).toBe('refused')
    const second = payload + chunk + 16
    const swapped = [
      sealed.subarray(0, payload),
      sealed.subarray(second, second + chunk + 16),
      sealed.subarray(payload, second),
    ]
    expect(await opened(Buffer.concat([...swapped, sealed.subarray(second + chunk + 16)]))).toBe('refused')
  })

  test('a new key on top of the old one seals for the new one and still opens the old files', async () => {
    const [old, fresh] = [await generateBackupKey(), await generateBackupKey()]
    const plain = Buffer.from('written before the change')
    const sealedBefore = await buffer(openSealing('age', old).seal(pieces(plain, 5)))
    const both = openSealing('age', `# created: 2026-11-21\n# public key: age1...\n${fresh}\n\n  ${old}\n`)
    expect(await buffer(both.open(pieces(sealedBefore, 5)))).toEqual(plain)
    const sealedAfter = await buffer(both.seal(pieces(plain, 5)))
    expect(await buffer(openSealing('age', fresh).open(pieces(sealedAfter, 5)))).toEqual(plain)
    await expect(buffer(openSealing('age', old).open(pieces(sealedAfter, 5)))).rejects.toThrow()
    expect(await both.keyId()).toBe(await openSealing('age', fresh).keyId())
    expect(await both.keyId()).not.toBe(await openSealing('age', old).keyId())
  })

  test('holds at most a few chunks: it asks for no more than its reader takes', async () => {
    const sealing = openSealing('age', await generateBackupKey())
    let given = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given += chunk
        yield await Promise.resolve(Buffer.alloc(chunk))
      }
    }
    let taken = 0
    for await (const piece of sealing.seal(endless())) {
      taken += piece.length
      if (taken > 20 * chunk) break
      await new Promise(setImmediate)
    }
    expect(given - taken).toBeLessThanOrEqual(3 * chunk)
  })
})

describe('backup keys', () => {
  test('a malformed key is refused without being repeated', async () => {
    const good = await generateBackupKey()
    expect(good).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/)
    const typo = `${good.slice(0, -1)}${good.endsWith('Q') ? 'P' : 'Q'}`
    for (const text of ['', '# only a comment\n', 'hunter2', typo, `${good}\nhunter2`]) {
      expect(await codeOf(() => openSealing('age', text))).toBe('BACKUP_KEY_INVALID')
    }
    try {
      openSealing('age', typo)
    } catch (error) {
      expect(
        JSON.stringify({ ...(error as object), text: String(error), stack: (error as Error).stack }),
      ).not.toContain(typo.slice(20))
    }
  })

  test('no encryption hands bytes through', async () => {
    const none = openSealing('none', '')
    expect([none.ending, await none.keyId()]).toEqual(['', ''])
    expect(await buffer(none.open(none.seal(pieces(Buffer.from('plain'), 2))))).toEqual(Buffer.from('plain'))
  })
})
