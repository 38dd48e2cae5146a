import type { EffectWork } from './effects/effect.ts'
import type { TableFacts } from './facts.ts'

/**
 * Bytes of the table per second of each work, one process, data in memory: a measure for orders of magnitude, not a
 * promise. A slow disk, a cold cache or many indexes take a multiple. Half of what PostgreSQL 18 did on two
 * shared cores with 80 MB of rows of 200 bytes: a check 1300 MB/s, an index on text 120, a rewrite 130, an update of
 * every row 55 (2026-11-29).
 */
const bytesPerSecond = { scan: 650e6, build: 60e6, rewrite: 65e6, rows: 27e6 } as const

/** How long the work will take, in ms; undefined when the table's size is not known. Catalogue changes take a moment. */
export function estimateMs(work: EffectWork, facts: TableFacts | undefined): number | undefined {
  if (work === 'catalogue') return 1
  if (!facts) return undefined
  const bytes = work === 'rewrite' ? facts.bytes + facts.indexBytes : facts.bytes
  return (bytes / bytesPerSecond[work]) * 1000
}

/** `3 s`, `4 min`, `2.5 h`: as exact as an estimate deserves. */
export function roughly(ms: number): string {
  if (ms < 1000) return `${Math.max(1, Math.round(ms))} ms`
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

/** Bytes in the unit people think in. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1)
  const value = bytes / 1000 ** power
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`
}
