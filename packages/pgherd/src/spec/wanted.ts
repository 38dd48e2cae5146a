import { z } from 'zod'

/** How a diagnostic speaks of a kind of value. */
export interface Wanted {
  /** Completes "must be ...". */
  readonly phrase: string
  /** Whether a wrong value may be repeated in the message. False where it could be a secret or long. */
  readonly shown: boolean
  /** The value is a reference to a secret: nothing in or below it is ever repeated. */
  readonly secret?: true
}

/** Words for schemas whose structure alone does not say what they want, such as a duration. */
export const describeWanted = z.registry<Wanted>()
