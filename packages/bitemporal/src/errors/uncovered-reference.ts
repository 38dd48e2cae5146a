import { fromServer } from '../time/instant.ts'
import type { Period } from '../time/period.ts'
import { BitemporalError } from './bitemporal-error.ts'

/** What the function refuse_reference says in the detail of its error; times as JSON in UTC. */
interface Refusal {
  readonly reference: string
  readonly predicate: string
  readonly subject: string
  readonly parentPredicate: string
  readonly parentSubject: string
  readonly valid: readonly [string, string]
  readonly uncovered: readonly (readonly [string, string])[]
}

/** Thrown when a fact refers to what is not known for as long as the fact holds; nothing of the transaction is stored. */
export class UncoveredReference extends BitemporalError {
  /** The name of the reference. */
  readonly reference: string
  /** The fact that refers, and the period for which it holds. */
  readonly subject: string
  readonly predicate: string
  readonly valid: Period
  /** What it refers to. */
  readonly parentSubject: string
  readonly parentPredicate: string
  /** The parts of `valid` for which that is not known, in the order of time. */
  readonly uncovered: readonly Period[]

  /** Of the error of the server. */
  constructor(detail: string, cause: unknown) {
    const refusal = JSON.parse(detail) as Refusal
    const valid = toPeriod(refusal.valid)
    const uncovered = refusal.uncovered.map(toPeriod)
    const child = `${JSON.stringify(refusal.predicate)} of ${JSON.stringify(refusal.subject)}`
    const parent = `${JSON.stringify(refusal.parentPredicate)} of ${JSON.stringify(refusal.parentSubject)}`
    const gaps = uncovered.map(({ from, to }) => `from ${from} to ${to}`).join(' and ')
    super('UNCOVERED', {
      detail: `${child}, which holds from ${valid.from} to ${valid.to}, refers to ${parent}, which would not be known ${gaps}`,
      why: `reference ${refusal.reference} says that what is referred to is there for the whole period; nothing of the transaction was stored`,
      mend: 'State what is referred to for that period, or shorten, change or retract what refers to it, first or in the same transaction.',
      cause,
    })
    this.name = 'UncoveredReference'
    this.reference = refusal.reference
    this.subject = refusal.subject
    this.predicate = refusal.predicate
    this.valid = valid
    this.parentSubject = refusal.parentSubject
    this.parentPredicate = refusal.parentPredicate
    this.uncovered = uncovered
  }
}

function toPeriod([from, to]: readonly [string, string]): Period {
  return { from: fromServer(`"${from}"`), to: fromServer(`"${to}"`) }
}
