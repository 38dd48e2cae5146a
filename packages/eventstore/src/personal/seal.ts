import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** AES-256-GCM (NIST SP 800-38D): a key of 32 bytes, a random nonce of 12 and a tag of 16 for each text. */
const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
export const keyBytes = 32

export function newKey(): Buffer {
  return randomBytes(keyBytes)
}

/** What a sealed text belongs to. It is authenticated with it, so that it opens nowhere else. */
export type SealContext = readonly (string | number)[]

/** Nonce, sealed bytes and tag. */
export function seal(key: Uint8Array, context: SealContext, content: string | Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(contextBytes(context))
  const sealed = typeof content === 'string' ? cipher.update(content, 'utf8') : cipher.update(content)
  return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()])
}

/** The bytes; undefined when they were changed, or sealed for something else or with another key. */
export function open(key: Uint8Array, context: SealContext, sealed: Buffer): Buffer | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined
  const end = sealed.length - tagBytes
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(contextBytes(context))
  decipher.setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, end)), decipher.final()])
  } catch {
    return undefined
  }
}

/** A key that nobody has who lacks any one of several keys (HKDF with SHA-256, RFC 5869). */
export function keyOfAll(keys: readonly Uint8Array[], purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.concat(keys), Buffer.alloc(0), purpose, keyBytes))
}

function contextBytes(context: SealContext): Buffer {
  return Buffer.from(JSON.stringify(['@pgherd/eventstore 1', ...context]))
}
