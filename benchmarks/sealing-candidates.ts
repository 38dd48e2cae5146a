/** The formats benchmarks/sealing.ts compares. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import type { PartialConfig } from 'openpgp'
import { openSealing } from '../packages/pgherd/src/backup/sealing/registry.ts'

type Bytes = AsyncIterable<Uint8Array>

export interface Candidate {
  readonly name: string
  /** Megabytes that are enough, where more would take minutes. */
  readonly enough?: number | undefined
  prepare(): Promise<{ seal(source: Bytes): Bytes; open(source: Bytes): Bytes }>
}

/** The measure: one AES-256-GCM message without any format. Not usable as it is: it hands out what it has not authenticated. */
const baseline: Candidate = {
  name: 'node:crypto AES-256-GCM (baseline)',
  prepare: () => {
    const key = randomBytes(32)
    const iv = randomBytes(12)
    return Promise.resolve({
      async *seal(source) {
        const cipher = createCipheriv('aes-256-gcm', key, iv)
        for await (const piece of source) yield cipher.update(piece)
        yield cipher.final()
      },
      async *open(source) {
        const decipher = createDecipheriv('aes-256-gcm', key, iv)
        for await (const piece of source) yield decipher.update(piece)
      },
    })
  },
}

const ageLibrary: Candidate = {
  name: 'age, all by age-encryption',
  prepare: async () => {
    const identity = await generateX25519Identity()
    const encrypter = new Encrypter()
    encrypter.addRecipient(await identityToRecipient(identity))
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    return {
      async *seal(source) {
        yield* await encrypter.encrypt(asWeb(source))
      },
      async *open(source) {
        yield* await decrypter.decrypt(asWeb(source))
      },
    }
  },
}

const ageNative: Candidate = {
  name: 'age, header by age-encryption, payload by node:crypto (pgherd)',
  prepare: async () => openSealing('age', await generateX25519Identity()),
}

/** `seipd` 1 is what GnuPG of every age reads (AES-256-CFB with SHA-1), 2 is AEAD of RFC 9580. */
function pgp(name: string, config: PartialConfig, enough?: number): Candidate {
  return {
    name,
    enough,
    prepare: async () => {
      // Loaded here alone, so that the other candidates' memory is theirs.
      const openpgp = await import('openpgp')
      const { privateKey, publicKey } = await openpgp.generateKey({
        type: 'ecc',
        userIDs: [{ name: 'backup' }],
        format: 'object',
        config,
      })
      const quiet = { ...config, preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed }
      return {
        async *seal(source) {
          const message = await openpgp.createMessage({ binary: asWeb(source) })
          yield* await openpgp.encrypt({
            message,
            encryptionKeys: publicKey,
            format: 'binary',
            config: quiet,
          })
        },
        async *open(source) {
          const message = await openpgp.readMessage({ binaryMessage: asWeb(source) })
          const { data } = await openpgp.decrypt({
            message,
            decryptionKeys: privateKey,
            format: 'binary',
            config,
          })
          yield* data
        },
      }
    },
  }
}

function asWeb(source: Bytes): globalThis.ReadableStream<Uint8Array> {
  return Readable.toWeb(Readable.from(source, { objectMode: false })) as ReadableStream<Uint8Array>
}

/** openpgp.enums.aead */
const ocb = 2
const gcm = 3

export const candidates: readonly Candidate[] = [
  baseline,
  ageLibrary,
  ageNative,
  pgp('OpenPGP, AES-256-CFB with MDC (SEIPD 1)', { aeadProtect: false }),
  pgp('OpenPGP, AES-256-CFB, unauthenticated stream allowed', {
    aeadProtect: false,
    allowUnauthenticatedStream: true,
  }),
  pgp('OpenPGP, AES-256-GCM (SEIPD 2)', { aeadProtect: true, preferredAEADAlgorithm: gcm }),
  pgp('OpenPGP, AES-256-OCB (SEIPD 2)', { aeadProtect: true, preferredAEADAlgorithm: ocb }, 8),
]
