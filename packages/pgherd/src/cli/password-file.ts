import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Endpoint } from './connection-url.ts'

/** A password file for libpq (https://www.postgresql.org/docs/current/libpq-pgpass.html), removed on disposal. */
export interface PasswordFile extends Disposable {
  readonly path: string
}

/** Throws DiagnosticError SECRET_UNAVAILABLE for a password such a file cannot hold. */
export function writePasswordFile(endpoint: Endpoint, password: string): PasswordFile {
  if (/[\r\n]/.test(password)) {
    throw new DiagnosticError(
      diagnose('SECRET_UNAVAILABLE', {
        detail: `the password of the role "${endpoint.role}" has several lines, which a password file cannot hold`,
        mend: mend.advice('give the role a password of one line, then run: pgherd up'),
      }),
    )
  }
  const directory = mkdtempSync(join(tmpdir(), 'pgherd-'))
  const path = join(directory, 'pgpass')
  const fields = [endpoint.host, String(endpoint.port), endpoint.database, endpoint.role, password]
  writeFileSync(path, `${fields.map((field) => field.replaceAll(/[\\:]/g, String.raw`\$&`)).join(':')}\n`, {
    mode: 0o600,
  })
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}
