import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { saslprep } from './saslprep.ts'

const verifierPattern =
  /^SCRAM-SHA-256\$([1-9][0-9]{0,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/

/**
 * What PostgreSQL stores instead of a password, `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`
 * (RFC 5802 section 3, RFC 7677; PostgreSQL's catalog pg_authid.rolpassword). Sending it instead of the
 * password keeps the password out of SQL text, and so out of server logs and pg_stat_statements.
 * @param salt 16 random bytes, as the server itself would take.
 * @param iterations 4096 as RFC 7677 asks and as the server's own default `scram_iterations`.
 */
export function scramVerifier(password: string, salt: Uint8Array, iterations = 4096): string {
  const { storedKey, serverKey } = keys(password, salt, iterations)
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`
}

/** Whether the verifier was made from this password; false for anything that is no SCRAM-SHA-256 verifier. */
export function verifierMatches(verifier: string, password: string): boolean {
  const [, iterations, salt, storedKey, serverKey] = verifierPattern.exec(verifier) ?? []
  if (iterations === undefined || salt === undefined || storedKey === undefined || serverKey === undefined)
    return false
  const expected = keys(password, Buffer.from(salt, 'base64'), Number(iterations))
  return (
    same(expected.storedKey, Buffer.from(storedKey, 'base64')) &&
    same(expected.serverKey, Buffer.from(serverKey, 'base64'))
  )
}

function keys(
  password: string,
  salt: Uint8Array,
  iterations: number,
): { storedKey: Buffer; serverKey: Buffer } {
  const salted = pbkdf2Sync(saslprep(password), salt, iterations, 32, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  return {
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: createHmac('sha256', salted).update('Server Key').digest(),
  }
}

function same(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
