import { gucOf, type Major } from '../../tuning/gucs/guc.ts'
import { readGucValue } from '../../tuning/gucs/guc-value.ts'
import { impactOf } from '../../tuning/impact.ts'

/**
 * A value as it stands behind `name =` (config-setting.html, 20.1.2): quoted unless a plain number or
 * switch; a quote is doubled, and a backslash too, because the lexer (guc-file.l, GUC_scanstr) reads escapes.
 */
export function quoteSetting(value: string): string {
  if (/^(-?\d+(\.\d+)?|on|off)$/.test(value)) return value
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "''")
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
  return `'${escaped}'`
}

const line =
  /^[ \t]*([A-Za-z_\u0080-\uffff][\w$.\u0080-\uffff]*)[ \t]*(?:=[ \t]*)?('(?:[^'\\]|\\.|'')*'|[^\s#']*)[ \t]*(?:#.*)?$/

/**
 * Settings of a postgresql.conf by lower-case name; the last of a name wins, as in the server. Lines the
 * server could not read, and include directives, stand under their own text, so that they count as a difference.
 */
export function settingsInFile(contents: string): Map<string, string> {
  const settings = new Map<string, string>()
  for (const text of contents.split('\n')) {
    const trimmed = text.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const match = line.exec(text.replace(/\r$/, ''))
    const [, name, value] = match ?? []
    if (name === undefined || value === undefined || value === '' || /^include/i.test(name))
      settings.set(trimmed, '')
    else settings.set(name.toLowerCase(), unquote(value))
  }
  return settings
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

function unquote(value: string): string {
  if (!value.startsWith("'")) return value
  return value
    .slice(1, -1)
    .replace(/''|\\([0-7]{1,3}|.)/g, (_, escaped: string | undefined) =>
      escaped === undefined
        ? "'"
        : /^[0-7]/.test(escaped)
          ? String.fromCharCode(Number.parseInt(escaped, 8) & 0xff)
          : (escapes[escaped] ?? escaped),
    )
}

/**
 * Names of settings that differ in meaning and only count after a restart. `128MB` and `131072kB` are the
 * same; a setting that was removed goes back to its default, which may be another value.
 */
export function restartSettings(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  major: Major,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => meaning(name, before.get(name), major) !== meaning(name, after.get(name), major))
    .filter((name) => impactOf(name, major) === 'restart')
    .sort()
}

function meaning(name: string, value: string | undefined, major: Major): string | undefined {
  const guc = gucOf(name, major)
  if (value === undefined || guc === undefined) return value
  const reading = readGucValue(guc, value)
  return reading.ok ? reading.canonical : value
}
