import { errorCodes, type ErrorCode } from './error-codes.ts'

export interface Finding {
  /** What is wrong here, by name. */
  readonly detail: string
  /** Why it matters. */
  readonly why: string
  /** What mends it. */
  readonly mend: string
  readonly cause?: unknown
}

/** Everything this library throws on purpose: what is wrong, why it matters and what mends it, under a fixed code. */
export class EventStoreError extends Error {
  readonly code: ErrorCode
  readonly detail: string
  readonly why: string
  readonly mend: string

  /** @internal */
  constructor(code: ErrorCode, { detail, why, mend, cause }: Finding) {
    super(`${errorCodes[code]}: ${detail}; ${why}. ${mend}`, cause === undefined ? undefined : { cause })
    this.name = 'EventStoreError'
    this.code = code
    this.detail = detail
    this.why = why
    this.mend = mend
  }
}

/** Whether something thrown is an error of this library, of the given code when one is given. */
export function isEventStoreError(thrown: unknown, code?: ErrorCode): thrown is EventStoreError {
  return thrown instanceof EventStoreError && (code === undefined || thrown.code === code)
}
