import { diagnose, DiagnosticError, mend } from '../../../diagnostic/diagnostic.ts'
import { shown } from '../../../spec/shown.ts'

/** NAMEDATALEN - 1 of src/include/pg_config_manual.h: PostgreSQL cuts longer names without an error. */
const longestName = 63

/**
 * A name as SQL: always in double quotes, quotes doubled (sql-syntax-lexical, "Identifiers and Key
 * Words"). A `{{` is written with a Unicode escape, so that no name can look like a gap for a secret.
 * @throws DiagnosticError IDENTIFIER_UNUSABLE for what the server would refuse or silently cut.
 */
export function quoteIdentifier(name: string): string {
  const fault = faultOf(name)
  if (fault !== undefined) throw unusable(name, fault)
  const quoted = name.replaceAll('"', '""')
  if (!name.includes('{{')) return `"${quoted}"`
  return `U&"${quoted.replaceAll('\\', '\\\\').replaceAll('{{', '{\\007b')}"`
}

/**
 * Text as an SQL literal, the same as `format('%L')` makes it: `E'...'` with doubled backslashes when
 * there are any, so that it means the same whatever standard_conforming_strings is. A `{{` is written
 * with an escape, so that no value can look like a gap for a secret.
 * @throws DiagnosticError IDENTIFIER_UNUSABLE for text with a NUL or half a surrogate pair.
 */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw unusable(text, 'has a NUL character, which PostgreSQL text cannot hold')
  if (!text.isWellFormed()) throw unusable(text, 'has half a surrogate pair, which is not Unicode text')
  const quoted = text.replaceAll("'", "''")
  if (!/\\|\{\{/.test(text)) return `'${quoted}'`
  return `E'${quoted.replaceAll('\\', '\\\\').replaceAll('{{', '{\\x7b')}'`
}

function faultOf(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name.includes('\0')) return 'has a NUL character, which PostgreSQL text cannot hold'
  if (!name.isWellFormed()) return 'has half a surrogate pair, which is not Unicode text'
  const bytes = Buffer.byteLength(name)
  if (bytes > longestName)
    return `has ${bytes} bytes; PostgreSQL would cut it to ${longestName} without an error`
  return undefined
}

function unusable(name: string, fault: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('IDENTIFIER_UNUSABLE', {
      detail: `${shown(name)} ${fault}`,
      mend: mend.advice('choose another name in the spec, at most 63 bytes of UTF-8'),
    }),
  )
}
