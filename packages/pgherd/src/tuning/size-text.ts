export const kB = 2 ** 10
export const MB = 2 ** 20
export const GB = 2 ** 30

/** Bytes as PostgreSQL writes them, exactly: `128MB`, `1536kB`. Whole kB only. */
export function sizeText(bytes: number): string {
  const kilobytes = Math.floor(bytes / kB)
  if (kilobytes !== 0 && kilobytes % (1024 * 1024) === 0) return `${kilobytes / (1024 * 1024)}GB`
  if (kilobytes !== 0 && kilobytes % 1024 === 0) return `${kilobytes / 1024}MB`
  return `${kilobytes}kB`
}

/** Bytes for people, rounded: `23.4 GB`. */
export function roughSize(bytes: number): string {
  if (bytes >= GB) return `${Number((bytes / GB).toFixed(1))} GB`
  if (bytes >= MB) return `${Math.round(bytes / MB)} MB`
  return `${Math.round(bytes / kB)} kB`
}

/** Seconds as PostgreSQL writes them: `15min`, `90s`. */
export function timeText(seconds: number): string {
  if (seconds !== 0 && seconds % 86400 === 0) return `${seconds / 86400}d`
  if (seconds !== 0 && seconds % 3600 === 0) return `${seconds / 3600}h`
  if (seconds !== 0 && seconds % 60 === 0) return `${seconds / 60}min`
  return `${Math.round(seconds)}s`
}

/** The largest multiple of `step` that is not above `value`. */
export function floorTo(step: number, value: number): number {
  return Math.floor(value / step) * step
}

export function clamp(low: number, value: number, high: number): number {
  return Math.max(low, Math.min(value, high))
}
