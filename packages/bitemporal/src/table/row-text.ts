import { jsonText } from '../change/json-text.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { toInstant, type TimeLike } from '../time/instant.ts'
import type { Column } from './column-type.ts'

/** A row as JSON that the server fills a row with: no value is rounded, cut or read in another way there. Throws INVALID_VALUE. */
export function toRowValue(columns: readonly Column[], row: Readonly<Record<string, unknown>>): unknown {
  if (typeof row !== 'object' || row === null) throw refused('the row', row, 'it is no object of columns')
  const names = new Set(columns.map(({ name }) => name))
  for (const name of Object.keys(row))
    if (!names.has(name))
      throw refused(`column ${JSON.stringify(name)}`, row[name], 'the table has no such column')
  return Object.fromEntries(columns.map((column) => [column.name, written(column, row[column.name])]))
}

function written(column: Column, value: unknown): unknown {
  const what = `column ${column.name}`
  if (value === undefined || value === null) {
    if (column.nullable) return null
    throw refused(what, value, 'it has to have a value')
  }
  const reason = writers[column.base](value, column)
  if (reason !== undefined) throw refused(what, value, reason)
  if (column.base === 'timestamptz') return finite(toInstant(value as TimeLike, what), what)
  if (column.base === 'text' || column.base === 'jsonb') jsonText(value, what)
  const isExact = column.base === 'bigint' || column.base === 'numeric'
  // as text, since a number of JSON is a double to whoever parses it
  return isExact && (typeof value === 'number' || typeof value === 'bigint') ? String(value) : value
}

function finite(instant: string, what: string): string {
  if (instant.endsWith('infinity'))
    throw refused(what, instant, 'periods have no end, values are points in time')
  return instant
}

/** What is wrong with a value; undefined when nothing is. */
const writers: Readonly<Record<Column['base'], (value: unknown, column: Column) => string | undefined>> = {
  text: (value) => (typeof value === 'string' ? undefined : 'it is no text'),
  boolean: (value) => (typeof value === 'boolean' ? undefined : 'it is neither true nor false'),
  integer: (value) =>
    Number.isInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 31
      ? undefined
      : 'it is no whole number from -2147483648 to 2147483647',
  bigint: (value) =>
    (typeof value === 'bigint' && BigInt.asIntN(64, value) === value) || Number.isSafeInteger(value)
      ? undefined
      : 'it is no whole number of 64 bits (as a bigint, or a number that is exact)',
  numeric: numericFault,
  date: (value) =>
    typeof value === 'string' && isDay(value)
      ? undefined
      : 'it is no day like 2026-03-29, of the years 1 to 9999',
  timestamptz: () => undefined,
  uuid: (value) =>
    typeof value === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
      ? undefined
      : 'it is no UUID in lower-case letters',
  jsonb: () => undefined,
}

/** PostgreSQL would round what has too many digits after the point, and take NaN. */
function numericFault(value: unknown, { precision, scale }: Column): string | undefined {
  const text =
    typeof value === 'string'
      ? value
      : typeof value === 'number' || typeof value === 'bigint'
        ? String(value)
        : ''
  const digits = /^-?(\d{1,1000})(?:\.(\d{1,1000}))?$/.exec(text)
  if (!digits) return 'it is no decimal number like 4000 or "1234.50"'
  if (precision === undefined) return undefined
  const after = (digits[2] ?? '').replace(/0+$/, '')
  const before = (digits[1] ?? '').replace(/^0+/, '')
  if (after.length > scale) return `it has ${after.length} digits after the point, and ${scale} are kept`
  if (before.length > precision - scale)
    return `it has ${before.length} digits before the point, and ${precision - scale} are kept`
  return undefined
}

function isDay(value: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(value) || value.startsWith('0000')) return false
  const day = new Date(`${value}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value)
}

/** A row as it is read from the JSON that the views of the table make. */
export function fromRowValue(columns: readonly Column[], value: unknown): Record<string, unknown> {
  const found = value as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    columns.map(({ name, base }) => {
      const held = found[name]
      if (held === null || held === undefined) return [name, null]
      if (base === 'bigint') return [name, BigInt(held as string)]
      if (base === 'timestamptz') return [name, toInstant(held as string, `column ${name}`)]
      return [name, held]
    }),
  )
}

function refused(what: string, value: unknown, reason: string): BitemporalError {
  const shown = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) as string | undefined)
  return new BitemporalError('INVALID_VALUE', {
    detail: `${what} is given ${shown?.slice(0, 100) ?? 'nothing'}: ${reason}`,
    why: 'the server would refuse it, or keep another value than was given',
    mend: 'Give what the type of the column holds, or declare the column with another type.',
  })
}
