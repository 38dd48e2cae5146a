/** Seconds in words a person reads at a glance: `45 s`, `12 min`, `3.5 h`, `2.1 d`. */
export function seconds(value: number): string {
  if (value < 90) return `${Math.round(value)} s`
  if (value < 5400) return `${Math.round(value / 60)} min`
  if (value < 172_800) return `${(value / 3600).toFixed(1)} h`
  return `${(value / 86_400).toFixed(1)} d`
}

/** Bytes in powers of 1024: `512 B`, `16.0 MB`, `1.5 GB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let rest = value
  let unit = 0
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024
    unit++
  }
  return unit === 0 ? `${rest} B` : `${rest.toFixed(1)} ${units[unit] ?? 'TB'}`
}

/** A share between 0 and 1 as per cent. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}

/** A number column of node-postgres, which gives bigint and numeric as text; NaN becomes 0. */
export function number(value: unknown): number {
  const result = Number(value ?? 0)
  return Number.isNaN(result) ? 0 : result
}

/** A text column; null, and what has no plain text, become the empty text. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : ''
}
