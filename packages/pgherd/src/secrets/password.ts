import { diagnose, DiagnosticError, mend } from '../diagnostic/diagnostic.ts'

/** Bytes of randomness a generated password is made from: 192 bits. */
export const passwordBytes = 24

/**
 * A password of 32 characters (letters, digits, `-` and `_`), so that it needs no escaping in URLs,
 * connection strings, `.pgpass` and shells. Pure: the caller draws the randomness.
 * @param randomBytes at least `passwordBytes` bytes from a cryptographic generator.
 * @throws DiagnosticError SECRET_TOO_WEAK when there are fewer bytes.
 */
export function generatedPassword(randomBytes: Uint8Array): string {
  if (randomBytes.length < passwordBytes) {
    throw new DiagnosticError(
      diagnose('SECRET_TOO_WEAK', {
        detail: `a password was to be made from ${randomBytes.length} random bytes; fewer than ${passwordBytes} can be guessed`,
        mend: mend.advice(`draw ${passwordBytes} bytes`),
      }),
    )
  }
  return Buffer.from(randomBytes.subarray(0, passwordBytes)).toString('base64url')
}
