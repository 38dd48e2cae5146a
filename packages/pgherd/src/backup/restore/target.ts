import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { formatLsn, parseLsn, type Lsn } from '../lsn.ts'

/** What a restore brings back, as a caller says it. */
export type RestoreTo =
  'latest' | { readonly time: string } | { readonly lsn: string } | { readonly restorePoint: string }

/** The same, understood. */
export type Goal =
  | { readonly kind: 'latest' }
  /** `text` is for PostgreSQL and has the microseconds that a Date cannot hold. */
  | { readonly kind: 'time'; readonly at: Date; readonly text: string }
  | { readonly kind: 'lsn'; readonly lsn: Lsn }
  | { readonly kind: 'point'; readonly name: string }

/** Reads the text of `--to`: `latest`, a time with zone, `lsn:0/3000060` or `0/3000060`, `point:NAME`. */
export function parseRestoreTo(text: string): RestoreTo {
  if (text === 'latest') return 'latest'
  if (text.startsWith('point:')) return { restorePoint: text.slice('point:'.length) }
  if (text.startsWith('lsn:')) return { lsn: text.slice('lsn:'.length) }
  return /^[0-9a-f]+\/[0-9a-f]+$/i.test(text) ? { lsn: text } : { time: text }
}

/**
 * Checks a target and makes it comparable.
 * Throws DiagnosticError RESTORE_TIME_AMBIGUOUS for a time without zone, RESTORE_TARGET_INVALID for what is no target.
 */
export function understand(to: RestoreTo): Goal {
  if (to === 'latest') return { kind: 'latest' }
  if ('restorePoint' in to) return readPoint(to.restorePoint)
  return 'lsn' in to ? readLsn(to.lsn) : readTime(to.time)
}

const date = String.raw`(\d{4}-\d\d-\d\d)`
const clock = String.raw`(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6}))?)?`
const zone = String.raw`\s?(Z|[+-]\d\d(?::?\d\d)?)?`
const timePattern = new RegExp(`^${date}${clock}${zone}$`, 'i')

/** RFC 3339, with a space for the T and without seconds where people write so. */
function readTime(text: string): Goal {
  const match = timePattern.exec(text.trim())
  if (!match)
    throw invalid(
      `"${text}" is neither latest nor a time, a WAL position (lsn:0/3000060) or a restore point (point:NAME)`,
    )
  const [, day = '', time = '00:00', fraction = '', offset] = match
  if (offset === undefined) throw ambiguous(text, day, time)
  const seconds = time.length === 5 ? `${time}:00` : time
  const at = new Date(`${day}T${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${fullOffset(offset)}`)
  // A Date takes the 30th of February for the 2nd of March.
  const noon = new Date(`${day}T12:00:00Z`)
  const exists = !Number.isNaN(noon.getTime()) && noon.toISOString().startsWith(day)
  if (Number.isNaN(at.getTime()) || !exists) throw invalid(`"${text}" names a time that does not exist`)
  return { kind: 'time', at, text: utcText(at, fraction.slice(3)) }
}

/** `+02` and `+0200` as `+02:00`. */
function fullOffset(offset: string): string {
  if (offset.toUpperCase() === 'Z') return 'Z'
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0')
  return `${offset.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`
}

/** PostgreSQL does not take the T and the Z of RFC 3339 in recovery_target_time. */
function utcText(at: Date, micros: string): string {
  return `${at.toISOString().replace('T', ' ').replace('Z', '')}${micros}+00`
}

function readLsn(text: string): Goal {
  try {
    return { kind: 'lsn', lsn: parseLsn(text) }
  } catch (error) {
    throw invalid((error as Error).message)
  }
}

function readPoint(name: string): Goal {
  // MAXFNAMELEN in xlog_internal.h, less the closing zero; pg_create_restore_point refuses longer ones.
  const bytes = Buffer.byteLength(name)
  if (bytes > 0 && bytes < 64) return { kind: 'point', name }
  throw invalid(`a restore point has a name of 1 to 63 bytes, not ${bytes}`)
}

export function inWords(goal: Goal): string {
  if (goal.kind === 'latest') return 'the newest archived state'
  if (goal.kind === 'time') return goal.at.toISOString()
  return goal.kind === 'lsn' ? `WAL position ${formatLsn(goal.lsn)}` : `restore point "${goal.name}"`
}

function ambiguous(text: string, day: string, time: string): DiagnosticError {
  const here = `${day}T${time.length === 5 ? `${time}:00` : time}`
  return new DiagnosticError(
    diagnose('RESTORE_TIME_AMBIGUOUS', {
      detail: `"${text}" has no time zone, so it names a different moment on each machine; restoring to the wrong one loses data`,
      mend: mend.run('pgherd', 'restore', '--to', `${here}Z`, '--into', './restored'),
    }),
  )
}

function invalid(detail: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('RESTORE_TARGET_INVALID', {
      detail,
      mend: mend.run('pgherd', 'restore', '--to', '2026-11-21T10:15:00Z', '--into', './restored'),
    }),
  )
}
