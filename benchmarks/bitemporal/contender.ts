/** A bitemporal store as the benchmark uses it: the same work for each. */
export interface Contender {
  readonly name: string
  /** Stores keys from `first` on with so many facts each, a day after the other; how many facts. */
  load(first: number, keys: number, factsPerKey: number): Promise<number>
  /** States a value of a key from a day on, for as long as the fact lasts that holds then. */
  change(key: number, day: number, value: number): Promise<unknown>
  /** The value at a day as it was known at a time; undefined where none was. */
  asOf(key: number, day: number, recordedAt: string): Promise<unknown>
  /** The value at a day as it is known now. */
  current(key: number, day: number): Promise<unknown>
  /** All that is known now to hold at a day; how many facts. */
  snapshot(day: number): Promise<number>
  close(): Promise<void>
}

export const subject = (key: number): string => `account-${key}`

/** Midnight of a day since 2020. */
export const midnight = (day: number): string => new Date(Date.UTC(2020, 0, 1 + day)).toISOString()

/** About what a fact about an account holds. */
export const balance = (amount: number): { amount: number; currency: string } => ({ amount, currency: 'EUR' })
