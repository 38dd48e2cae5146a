import type { PgClient } from '../connection/pg-connection.ts'

/** What a `.ts` migration exports. Both get the client that holds the transaction; they must not end it. */
export interface MigrationModule {
  /** Makes the change. */
  readonly up: (client: PgClient) => Promise<unknown>
  /** Takes it back; left out where it cannot be. */
  readonly down?: (client: PgClient) => Promise<unknown>
}

interface ScriptText {
  /** As it is run, without a byte order mark. For code, the source: it is hashed and kept, never run from the history. */
  readonly text: string
  readonly file: string
  /** The line of the file on which `text` begins, from 1. */
  readonly firstLine: number
  /** False when the file says that it must run outside a transaction. */
  readonly transactional: boolean
}

/** A script of plain SQL. */
export interface SqlScript extends ScriptText {
  readonly kind: 'sql'
}

/** A script that is a module. */
export interface CodeScript extends ScriptText {
  readonly kind: 'code'
  /** Loads the module; called only when it is about to run. */
  readonly load: () => Promise<MigrationModule>
}

/** What a migration runs in one direction. */
export type Script = SqlScript | CodeScript

/** One step of a schema, as its files tell it. */
export interface Migration {
  /** Digits without leading zeros; at most 2^63 - 1, hence no number. */
  readonly version: string
  readonly name: string
  readonly up: Script
  readonly down: Script | undefined
  /** SHA-256 of the text of `up` as `checksum.ts` normalises it, in hex. */
  readonly checksum: string
  /** SHA-256 of the text as it is, in hex. */
  readonly rawChecksum: string
}

/** Orders versions, which may exceed 2^53. */
export function compareVersions(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** Whether `version` may be written as a canonical version: digits without leading zeros that PostgreSQL's bigint holds. */
export function isVersion(version: string): boolean {
  return /^(0|[1-9]\d{0,18})$/.test(version) && compareVersions(version, '9223372036854775807') <= 0
}

/** `12 (add orders)`, as messages name a migration. */
export function labelOf({ version, name }: { readonly version: string; readonly name: string }): string {
  return `${version} (${name.replaceAll('_', ' ')})`
}
