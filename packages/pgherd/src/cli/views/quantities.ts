const spans = [
  { unit: 's', seconds: 1, below: 120 },
  { unit: 'min', seconds: 60, below: 120 },
  { unit: 'h', seconds: 3600, below: 48 },
  { unit: 'd', seconds: 86_400, below: Infinity },
] as const

/** Seconds as people read them: `0.4 s`, `12 s`, `3 min`, `5 h`, `12 d`. */
export function secondsText(seconds: number): string {
  if (Math.abs(seconds) < 9.95) return `${seconds.toFixed(1)} s`
  // rounded first: 119.6 s is 2 min, not 120 s
  const { unit, seconds: one } =
    spans.find((span) => Math.round(Math.abs(seconds) / span.seconds) < span.below) ?? spans[3]
  return `${Math.round(seconds / one)} ${unit}`
}

/** Bytes as people read them, in powers of 1024: `16 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (Math.round(Math.abs(value)) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Math.abs(value) < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? 'B'}`
}

/** A share between 0 and 1 in per cent, rounded down, so that only everything is 100 %: `97.5 %`. */
export function shareText(share: number): string {
  if (share > 0 && share < 0.001) return 'less than 0.1 %'
  return `${Math.floor(share * 1000) / 10} %`
}
