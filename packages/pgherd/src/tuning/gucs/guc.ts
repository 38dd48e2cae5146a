import table from './guc-table.json' with { type: 'json' }

export type Major = 15 | 16 | 17 | 18
export const majors: readonly Major[] = [15, 16, 17, 18]

export type GucType = 'bool' | 'integer' | 'real' | 'string' | 'enum'
export type GucContext =
  'internal' | 'postmaster' | 'sighup' | 'backend' | 'superuser-backend' | 'superuser' | 'user'

/** What one major's server knows about one of its settings (the columns of pg_settings). */
export interface Guc {
  readonly name: string
  readonly type: GucType
  /** When it can change: `postmaster` only by a restart, `internal` never. */
  readonly context: GucContext
  /** The unit of a bare number: B, kB, 8kB, MB, ms, s, min; empty when there is none. */
  readonly unit: string
  /** Bounds in that unit. */
  readonly min?: number
  readonly max?: number
  /** Values of an enumeration. */
  readonly values?: readonly string[]
}

/** First and last major this row holds for, then type, context, unit, and bounds or values. */
type Row = readonly [Major, Major, GucType, GucContext, string, (number | readonly string[])?, number?]

const rows = table as unknown as Readonly<Record<string, readonly Row[]>>
const canonicalNames = new Map(Object.keys(rows).map((name) => [name.toLowerCase(), name]))

/** The setting of that name, in any case, in that major; undefined when the major has none. Generated from real servers. */
export function gucOf(name: string, major: Major): Guc | undefined {
  const canonical = canonicalNames.get(name.toLowerCase())
  const row = canonical && rows[canonical]?.find(([from, to]) => from <= major && major <= to)
  if (!canonical || !row) return undefined
  const [, , type, context, unit, bound, max] = row
  return {
    name: canonical,
    type,
    context,
    unit,
    ...(typeof bound === 'number' ? { min: bound } : bound ? { values: bound } : {}),
    ...(max === undefined ? {} : { max }),
  }
}

/** Every setting name of a major. */
export function gucNames(major: Major): readonly string[] {
  return Object.keys(rows).filter((name) => gucOf(name, major))
}

/** The majors that have a setting of that name. */
export function majorsWith(name: string): readonly Major[] {
  return majors.filter((major) => gucOf(name, major))
}
