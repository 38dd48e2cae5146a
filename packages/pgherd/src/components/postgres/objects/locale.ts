import type { DatabaseSpec } from '../../../spec/schema.ts'
import type { Major } from './access-level.ts'
import { quoteLiteral } from './quoting.ts'

export interface DatabaseLocale {
  readonly provider: 'builtin' | 'libc'
  readonly name: string
}

/** Majors with the builtin locale provider, whose order no operating system update changes (17 release notes). */
const builtinProvider: Readonly<Record<Major, boolean>> = { 15: false, 16: false, 17: true, 18: true }

/** The locale of a declared database: the user's own from libc, else code point order with Unicode character classes. */
export function localeOf(database: Pick<DatabaseSpec, 'encoding' | 'locale'>, major: Major): DatabaseLocale {
  if (database.locale !== undefined) return { provider: 'libc', name: database.locale }
  // C.UTF-8 fits no other encoding; C fits all (sql-createdatabase)
  if (!sameEncoding(database.encoding, 'UTF8')) return { provider: 'libc', name: 'C' }
  return { provider: builtinProvider[major] ? 'builtin' : 'libc', name: 'C.UTF-8' }
}

/** The locale options of CREATE DATABASE. */
export function localeSql({ provider, name }: DatabaseLocale): string {
  const locale = quoteLiteral(name)
  return provider === 'builtin'
    ? `LOCALE_PROVIDER builtin BUILTIN_LOCALE ${locale} LOCALE ${locale}`
    : `LOCALE_PROVIDER libc LOCALE ${locale}`
}

/** The server compares encoding names without case and punctuation (src/common/encnames.c). */
export function sameEncoding(left: string, right: string): boolean {
  const clean = (name: string) =>
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '')
      .replace(/^unicode$/, 'utf8')
  return clean(left) === clean(right)
}

/** libc accepts `en_US.UTF-8` and `en_US.utf8` for the same locale. */
export function sameLocale(left: DatabaseLocale, right: DatabaseLocale): boolean {
  const clean = (name: string) =>
    name.replace(/\.(.*)$/, (suffix) => suffix.toLowerCase().replaceAll('-', ''))
  return left.provider === right.provider && clean(left.name) === clean(right.name)
}
