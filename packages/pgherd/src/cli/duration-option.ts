import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { parseDuration } from '../spec/quantities.ts'

/** A duration such as `30m`, in seconds, more than none; throws DiagnosticError USAGE otherwise. */
export function durationOption(
  options: Readonly<Record<string, unknown>>,
  name: string,
  mostSeconds: number,
): number {
  const text = String(options[name])
  const seconds = parseDuration(text)
  if (seconds !== undefined && seconds > 0 && seconds <= mostSeconds) return seconds
  throw new DiagnosticError(
    diagnose('USAGE', {
      detail: `--${name} is "${text}"; it takes a duration such as 30s, 30m or 2h, up to ${mostSeconds} s`,
      mend: mend.advice(`give --${name} such a duration`),
    }),
  )
}

/** A moment in RFC 3339 with its zone; throws DiagnosticError USAGE otherwise. */
export function timeOption(text: string, name: string): Date {
  const time = new Date(text)
  const whole = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
  if (whole && !Number.isNaN(time.getTime())) return time
  throw new DiagnosticError(
    diagnose('USAGE', {
      detail: `--${name} is "${text}"; it takes a time with its zone, such as 2026-11-21T22:15:00Z`,
      mend: mend.advice(`give --${name} such a time`),
    }),
  )
}
