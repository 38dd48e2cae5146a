import { seeded, shuffled } from './random.ts'

/**
 * Which faults to make, in which order: rounds of all of them, each round in another order of chance, so that every
 * fault comes about equally often and every pair of neighbours sooner or later. The same seed gives the same sequence.
 */
export function sequenceOf<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  const random = seeded(seed)
  const sequence: T[] = []
  while (items.length > 0 && sequence.length < count) sequence.push(...shuffled(items, random))
  return sequence.slice(0, count)
}
