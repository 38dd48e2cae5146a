import { isVersion } from './migration.ts'

export type FilePart = 'up' | 'down' | 'code'

export interface FileName {
  readonly version: string
  readonly name: string
  readonly part: FilePart
}

/** Longest first: `.down.sql` ends with `.sql` as well. `.rollback.sql` is poststack's, `.up.sql` that of sqlx. */
const endings: readonly (readonly [string, FilePart])[] = [
  ['.rollback.sql', 'down'],
  ['.down.sql', 'down'],
  ['.up.sql', 'up'],
  ['.sql', 'up'],
  ['.mts', 'code'],
  ['.mjs', 'code'],
  ['.ts', 'code'],
  ['.js', 'code'],
]

const notMigrations = ['.d.ts', '.d.mts', '.test.ts', '.test.js', '.spec.ts', '.spec.js']

/**
 * Reads `007_add_orders.down.sql` as version 7, name `add_orders`, part `down`. The sign after the version is `_`, or `-`
 * as node-pg-migrate writes it. Gives `unreadable` for a file that looks like a migration and whose name cannot be read, and
 * `other` for what is no migration (a README, a type declaration, a test).
 */
export function parseFileName(file: string): FileName | 'unreadable' | 'other' {
  if (file.startsWith('.') || notMigrations.some((ending) => file.endsWith(ending))) return 'other'
  const found = endings.find(([ending]) => file.endsWith(ending))
  if (!found) return 'other'
  const [ending, part] = found
  const match = /^(\d+)[_-](.+)$/.exec(file.slice(0, -ending.length))
  const [, digits, name] = match ?? []
  if (digits === undefined || name === undefined) return 'unreadable'
  const version = digits.replace(/^0+(?=\d)/, '')
  return isVersion(version) ? { version, name, part } : 'unreadable'
}
