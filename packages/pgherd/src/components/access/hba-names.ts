import { diagnose, DiagnosticError, mend } from '../../diagnostic/diagnostic.ts'
import type { Major } from '../../tuning/gucs/guc.ts'

/**
 * A database or role name that matches just that name, whatever is in it. Quotes keep `all`, `replication`,
 * `sameuser`, `+group` and `@file` from their special meaning (auth-pg-hba-conf.html). They do not do so for a
 * leading slash: since 16 the rest is a regular expression even in quotes (hba.c, regcomp_auth_token), so there
 * such a name is written as an expression that matches itself only. Throws IDENTIFIER_UNUSABLE for a name no
 * line can hold.
 */
export function quoteHbaName(name: string, major: Major): string {
  if (/[\n\0]/.test(name)) {
    throw new DiagnosticError(
      diagnose('IDENTIFIER_UNUSABLE', {
        detail: `the name ${JSON.stringify(name)} has a line break or NUL, which pg_hba.conf cannot hold, so that nobody could be let in by it`,
        mend: mend.advice('rename it'),
      }),
    )
  }
  const text = name.startsWith('/') && major >= 16 ? `/^${literally(name)}$` : name
  return `"${text.replaceAll('"', '""')}"`
}

/** A regular expression for just this text: in PostgreSQL's, a backslash before punctuation takes it literally (functions-matching.html, 9.7.3.3). */
function literally(text: string): string {
  return text.replace(/[^A-Za-z0-9_\u0080-\u{10ffff}]/gu, (char) => `\\${char}`)
}
