import { BitemporalError } from '../errors/bitemporal-error.ts'
import { VersionConflict } from '../errors/version-conflict.ts'
import { column, type Row } from '../database/query.ts'
import { fromServer, type Instant } from '../time/instant.ts'
import type { PreparedChange } from './prepare-change.ts'

export interface ChangeResult {
  /** False when the same was known already: nothing was stored. */
  readonly changed: boolean
  /** How many changes the key has had. */
  readonly version: number
  /** When the last of them was recorded, by the server's clock; later than every one before it. */
  readonly recordedAt: Instant
}

/** What the function `change` answered. Throws VersionConflict, ALREADY_KNOWN, NOTHING_KNOWN. */
export function changeResult(change: PreparedChange, row: Row | undefined): ChangeResult {
  const status = Number(column(row, 0))
  const version = Number(column(row, 1))
  if (status === 2) throw new VersionConflict(change.subject, change.predicate, change.expected ?? 0, version)
  const key = `${JSON.stringify(change.predicate)} of ${JSON.stringify(change.subject)}`
  if (status === 3)
    throw new BitemporalError('ALREADY_KNOWN', {
      detail: `${key} is known from ${fromServer(column(row, 3))} to ${fromServer(column(row, 4))}`,
      why: '`record` is for what nothing is known about yet, and would overwrite it',
      mend: 'Use `correct` where that was wrong, `supersede` where it changed, or `assert` for either.',
    })
  if (status === 4)
    throw new BitemporalError('NOTHING_KNOWN', {
      detail: `${key} is not known at any time ${change.mode === 's' ? `at ${change.from}` : `from ${change.from} to ${change.to}`}`,
      why: 'there is nothing that could be corrected, superseded or retracted, so a wrong subject, predicate or time is likely',
      mend: 'Use `record` or `assert` to state something new.',
    })
  return { changed: status === 0, version, recordedAt: fromServer(column(row, 2)) }
}
