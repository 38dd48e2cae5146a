import type { Instant } from './time/instant.ts'
import type { Period } from './time/period.ts'

/** Predicates and the types of their values: `{ salary: number; address: { city: string } }`. */
export type FactShape = Readonly<Record<string, unknown>>

export type PredicateOf<S extends FactShape> = keyof S & string

/** Something that holds for a period, as it was known at some time. */
export interface Fact<V = unknown> {
  readonly subject: string
  readonly predicate: string
  readonly value: V
  /** When it holds. */
  readonly valid: Period
  /** When it became known. */
  readonly recordedAt: Instant
}

/** A fact with the time for which it was taken for true. */
export interface RecordedFact<V = unknown> {
  readonly subject: string
  readonly predicate: string
  readonly value: V
  readonly valid: Period
  /** From when it was known until something else was; without end while it is what is known. */
  readonly recorded: Period
}
