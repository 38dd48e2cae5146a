import { createHash } from 'node:crypto'
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption'
import type { Sealing } from '../repository.ts'
import { openPayload, sealPayload } from './age-payload.ts'
import { splitStream } from './split-stream.ts'

/**
 * Encryption in the age format, version 1 (https://c2sp.org/age). Header and key exchange are the work of the
 * age library; the payload is `age-payload.ts`. `identities` are `AGE-SECRET-KEY-1...`: the first one seals,
 * all of them open, which makes it possible to change the key while old backups stay readable.
 *
 * @throws Error when an identity is malformed; the message never holds the identity.
 */
export function ageSealing(identities: readonly [string, ...string[]]): Sealing {
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  const recipient = (): Promise<string> => identityToRecipient(identities[0])
  return {
    format: 'age',
    ending: '.age',
    keyId: async () =>
      createHash('sha256')
        .update(await recipient())
        .digest('hex')
        .slice(0, 16),
    async *seal(source) {
      const { header, fileKey } = await makeHeader(await recipient())
      yield header
      yield* sealPayload(fileKey, source)
    },
    async *open(source) {
      const { head, rest } = await splitStream(source, endOfHeader)
      yield* openPayload(await decrypter.decryptHeader(head), rest)
    },
  }
}

/**
 * A header for a fresh file key. The library hands the file key to every recipient, so a recipient that adds
 * no stanza learns it; the sealed empty payload that follows the header (nonce and tag, 32 bytes) is thrown away.
 */
async function makeHeader(recipient: string): Promise<{ header: Uint8Array; fileKey: Uint8Array }> {
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  let fileKey: Uint8Array | undefined
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = key
      return []
    },
  })
  const empty = await encrypter.encrypt(new Uint8Array(0))
  if (!fileKey) throw new Error('the age library made no file key')
  return { header: empty.subarray(0, empty.length - 32), fileKey }
}

/** Where the header ends: after the line `--- <MAC>`. */
function endOfHeader(read: Buffer): number | undefined {
  const macLine = read.indexOf('\n--- ')
  const end = macLine < 0 ? -1 : read.indexOf('\n', macLine + 1)
  return end < 0 ? undefined : end + 1
}
