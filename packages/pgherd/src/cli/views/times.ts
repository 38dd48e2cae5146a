import { secondsText } from './quantities.ts'

/** `2026-11-21 04:35:12Z`: RFC 3339 as people read it; anything else comes back as it is. */
export function timeText(time: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/.exec(time)
  return match ? `${match[1] ?? ''} ${match[2] ?? ''}Z` : time
}

/** The same with how long ago that was, or how far ahead it lies. */
export function timeAndAge(time: string, now: Date): string {
  const seconds = (now.getTime() - Date.parse(time)) / 1000
  if (Number.isNaN(seconds)) return time
  const age =
    seconds < 0 ? `in ${secondsText(-seconds)}` : seconds < 1 ? 'just now' : `${secondsText(seconds)} ago`
  return `${timeText(time)} (${age})`
}
