import type { Expected } from '../append/expected.ts'
import { EventStoreError } from './event-store-error.ts'

/** Thrown when somebody else appended first, or the stream is not there: read it again and decide again. */
export class VersionConflict extends EventStoreError {
  readonly stream: string
  readonly expected: Expected
  /** The version the stream has; 0 when it does not exist. */
  readonly actual: number

  /** @internal */
  constructor(stream: string, expected: Expected, actual: number) {
    const found = actual === 0 ? 'it does not exist' : `it is at version ${actual}`
    super('VERSION_CONFLICT', {
      detail: `${JSON.stringify(stream)} was expected ${inWords(expected)}, but ${found}`,
      why: 'a decision taken on an older state would contradict what happened since',
      mend: 'Read the stream again and decide again; `handle` does both.',
    })
    this.name = 'VersionConflict'
    this.stream = stream
    this.expected = expected
    this.actual = actual
  }
}

function inWords(expected: Expected): string {
  if (expected === 'none' || expected === 0) return 'not to exist'
  if (expected === 'exists') return 'to exist'
  if (expected === 'any') return 'in any state'
  return `at version ${expected}`
}
