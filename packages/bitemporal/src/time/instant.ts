import { BitemporalError } from '../errors/bitemporal-error.ts'

/**
 * A point in time as this library gives it: UTC with six digits after the second, `2026-03-29T01:00:00.000000Z`, or
 * `-infinity` or `infinity`. Written so, times compare as text in the order of time.
 */
export type Instant = string

/** A point in time as this library takes it: a Date, or ISO 8601 with `Z` or an offset; a day alone is its midnight in UTC. */
export type TimeLike = Date | string

export const always: Instant = '-infinity'
export const forever: Instant = 'infinity'

const iso = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:(Z)|([+-])(\d\d):?(\d\d))?)?$/

/** What most times look like, and needs no more than its digits; the last days of a month are looked at closer. */
const plain =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z$/

/** The time as an Instant; `what` names it in errors. Throws INVALID_TIME. */
export function toInstant(time: TimeLike, what: string): Instant {
  if (time === always || time === forever) return time
  if (time instanceof Date) return written(time.getTime(), '', what, time)
  if (typeof time === 'string' && plain.test(time))
    return `${time.slice(0, 19)}.${time.slice(20, -1).padEnd(6, '0')}Z`
  const parts = typeof time === 'string' ? iso.exec(time) : null
  if (!parts) throw refused(what, time, 'it is neither a Date nor text like 2026-03-29T01:00:00Z')
  const [, day = '', minute = '00:00', second = '00', fraction = '', utc, sign, hours, minutes] = parts
  // what such a text means depends on where the program runs, and twice a year on nothing at all
  if (parts[2] !== undefined && !utc && !sign) throw refused(what, time, 'it has no offset from UTC')
  if (/[1-9]/.test(fraction.slice(6))) throw refused(what, time, 'PostgreSQL keeps no more than microseconds')
  const local = new Date(`${day}T${minute}:${second}Z`)
  // the parser of the language takes the 30th of February for a day in March
  if (Number.isNaN(local.getTime()) || !local.toISOString().startsWith(`${day}T${minute}:${second}`))
    throw refused(what, time, 'there is no such day or time of day')
  const offset = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
  return written(local.getTime() - offset * 60_000, fraction, what, time)
}

/** Milliseconds since 1970, and the digits after the second where the milliseconds do not have them. */
function written(milliseconds: number, fraction: string, what: string, given: unknown): Instant {
  if (Number.isNaN(milliseconds)) throw refused(what, 'Invalid Date', 'it is no time')
  const text = new Date(milliseconds).toISOString()
  if (!/^\d{4}-/.test(text) || text.startsWith('0000'))
    throw refused(
      what,
      given,
      'years from 1 to 9999 can be stored, before and after them -infinity and infinity',
    )
  const digits = fraction === '' ? text.slice(20, 23) : fraction
  return `${text.slice(0, 19)}.${digits.slice(0, 6).padEnd(6, '0')}Z`
}

/** A time as the server's to_json writes it in UTC, quotes and all. */
export function fromServer(json: string): Instant {
  const text = json.slice(1, -1)
  return text.endsWith('infinity') ? text : `${text.slice(0, 19)}.${text.slice(20).padEnd(6, '0')}Z`
}

function refused(what: string, time: unknown, reason: string): BitemporalError {
  return new BitemporalError('INVALID_TIME', {
    detail: `${what} is ${time instanceof Date ? time.toISOString() : String(time)}: ${reason}`,
    why: 'a period has to mean the same for everybody who reads it',
    mend: 'Pass a Date, or text like 2026-03-29T01:00:00Z or 2026-03-29T02:00:00+01:00.',
  })
}
