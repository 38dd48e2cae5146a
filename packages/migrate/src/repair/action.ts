import { diagnose, MigrateError } from '../diagnostic/diagnostic.ts'
import type { Session } from '../connection/session.ts'
import type { Applied } from '../history/record.ts'
import type { Ground } from '../run/ground.ts'
import type { Settled } from '../run/options.ts'
import type { Migration } from '../source/migration.ts'

/** The decisions about one migration that only a person can make. */
export type VersionRepair = 'adopt' | 'resume' | 'forget' | 'complete' | 'accept-checksum' | 'forget-missing'

export type RepairAction =
  | { readonly kind: VersionRepair; readonly version: string | number }
  | { readonly kind: 'rebuild-table' }
  | {
      readonly kind: 'break-lock'
      /** Only a holder that has done nothing for so long is ended, in s; 60 when left out. */
      readonly idleSeconds?: number
    }

/** What a repair of one migration works with, under the lock of the history. */
export interface RepairContext {
  readonly version: string
  readonly migration: Migration | undefined
  readonly applied: Applied | undefined
  readonly session: Session
  readonly settled: Settled
  readonly ground: Ground
}

/** Repairs one migration and says in a sentence what it did. Throws MIGRATE_REPAIR_REFUSED when nothing of its kind is broken. */
export type Repair = (context: RepairContext) => Promise<string>

/** The error of a repair that does not fit what is there. */
export function refused(version: string | undefined, reason: string, mend: string): MigrateError {
  return new MigrateError([
    diagnose('MIGRATE_REPAIR_REFUSED', {
      detail: `${reason}, so the repair would make the history say what is not so`,
      mend,
      ...(version !== undefined && { at: { version } }),
    }),
  ])
}
