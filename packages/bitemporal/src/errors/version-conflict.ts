import { BitemporalError } from './bitemporal-error.ts'

/** Thrown when somebody else changed the key first: read it again and decide again. */
export class VersionConflict extends BitemporalError {
  readonly subject: string
  readonly predicate: string
  readonly expected: number
  /** The version the key has; 0 when nothing was ever recorded for it. */
  readonly actual: number

  /** @internal */
  constructor(subject: string, predicate: string, expected: number, actual: number) {
    super('VERSION_CONFLICT', {
      detail: `${JSON.stringify(predicate)} of ${JSON.stringify(subject)} was expected at version ${expected}, but it is at version ${actual}`,
      why: 'a decision taken on what was known before would overwrite what somebody learned since',
      mend: 'Read the fact again, decide again, and pass its version.',
    })
    this.name = 'VersionConflict'
    this.subject = subject
    this.predicate = predicate
    this.expected = expected
    this.actual = actual
  }
}
