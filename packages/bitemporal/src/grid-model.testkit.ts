import type { Instant } from './time/instant.ts'

/** Ends of the cells into which the model cuts valid time; cell n is from the nth up to the next. */
export const cuts: readonly Instant[] = [
  '-infinity',
  ...Array.from({ length: 8 }, (_, n) => `202${n}-01-01T00:00:00.000000Z`),
  'infinity',
]

export const cellCount = cuts.length - 1

/** What is known of each cell; undefined where nothing is. */
export type Grid = readonly (number | undefined)[]

/**
 * What the store promises of one key, in as few lines as it takes: after each change a whole picture of valid time is
 * kept, and whoever asks for a recorded time gets the last picture up to it. No rows, no splitting.
 */
export class GridModel {
  readonly pictures: { readonly at: Instant; readonly grid: Grid }[] = []

  get now(): Grid {
    return this.asOf('infinity')
  }

  asOf(recordedAt: Instant): Grid {
    return (
      this.pictures.findLast(({ at }) => at <= recordedAt)?.grid ??
      new Array<undefined>(cellCount).fill(undefined)
    )
  }

  /** The value holds in these cells, or nothing is known of them, from this recorded time on. */
  change(at: Instant, from: number, to: number, value: number | undefined): void {
    this.pictures.push({ at, grid: this.now.map((held, cell) => (cell >= from && cell < to ? value : held)) })
  }
}

/** A picture as periods of one value each. */
export function coalesced(grid: Grid): { value: number; valid: { from: Instant; to: Instant } }[] {
  const spans: { value: number; valid: { from: Instant; to: Instant } }[] = []
  for (const [cell, value] of grid.entries()) {
    const [from = '', to = ''] = [cuts[cell], cuts[cell + 1]]
    const last = spans.at(-1)
    if (value === undefined) continue
    if (last?.value === value && last.valid.to === from) last.valid.to = to
    else spans.push({ value, valid: { from, to } })
  }
  return spans
}

/** Periods as a picture: the way back. Throws when two of them overlap. */
export function toGrid(facts: readonly { value: unknown; valid: { from: Instant; to: Instant } }[]): Grid {
  return Array.from({ length: cellCount }, (_, cell) => {
    const [from = '', to = ''] = [cuts[cell], cuts[cell + 1]]
    const found = facts.filter(({ valid }) => valid.from <= from && valid.to >= to)
    if (found.length > 1) throw new Error(`${found.length} facts hold at ${from}`)
    return found[0]?.value as number | undefined
  })
}
