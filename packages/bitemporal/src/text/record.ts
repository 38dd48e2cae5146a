import type { Period } from '../time/period.ts'

/** A line of the text form: one fact for one rectangle of valid and recorded time. */
export interface TextRecord {
  readonly subject: string
  readonly predicate: string
  /** JSON, as it is stored. */
  readonly json: string
  readonly valid: Period
  readonly recorded: Period
}

/** What stands first in what this library writes; it says that an end has to come, too. */
export const header = [
  'VERSION 1.3',
  '# of @pgherd/bitemporal 1: strings are JSON, and the last line has a digest',
] as const

/** The last line: how many records there are, and the SHA-256 of everything before it. */
export const trailer = (records: number, digest: string): string => `# END ${records} sha256 ${digest}`
export const trailerPattern = /^# END (\d+) sha256 ([0-9a-f]{64})$/

/** Stands for no entity: the line holds a fact as it is. */
export const noEntity = '_'
