import type { Guc } from './guc.ts'

/** A value the server would take: its number in the setting's unit, or its canonical text. */
export type GucReading =
  | { readonly ok: true; readonly canonical: string; readonly number?: number }
  | { readonly ok: false; readonly problem: string }

/**
 * Factors of unit suffixes (https://www.postgresql.org/docs/current/config-setting.html, 20.1.1):
 * memory in bytes, time in microseconds. Unit names are case-sensitive there.
 */
const memoryUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 2 ** 10,
  '8kB': 2 ** 13,
  MB: 2 ** 20,
  GB: 2 ** 30,
  TB: 2 ** 40,
}
const timeUnits: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, min: 6e7, h: 3.6e9, d: 8.64e10 }

/** Reads a value as the server would; `canonical` is equal for texts that mean the same (`128MB`, `131072kB`). */
export function readGucValue(guc: Guc, text: string): GucReading {
  if (text.includes('\0')) return { ok: false, problem: 'it has a NUL character' }
  switch (guc.type) {
    case 'bool':
      return readBoolean(text)
    case 'enum':
      return readEnum(guc, text)
    case 'string':
      return { ok: true, canonical: text }
    case 'integer':
    case 'real':
      return readNumber(guc, text)
  }
}

const truths: Readonly<Record<string, string>> = {
  on: 'on',
  true: 'on',
  yes: 'on',
  1: 'on',
  off: 'off',
  false: 'off',
  no: 'off',
  0: 'off',
}

/** parse_bool accepts any unique prefix of true, false, yes, no; on and off need two letters. */
function readBoolean(text: string): GucReading {
  const lower = text.toLowerCase()
  const known =
    truths[lower] ??
    Object.entries(truths).find(([word]) => lower !== '' && word.startsWith(lower) && lower !== 'o')?.[1]
  return known ? { ok: true, canonical: known } : { ok: false, problem: 'it is neither on nor off' }
}

/** Enumerations ignore case; those with on or off take the other spellings of a boolean too, though pg_settings hides them. */
function readEnum(guc: Guc, text: string): GucReading {
  const values = guc.values ?? []
  const lower = text.toLowerCase()
  const truth = truths[lower]
  const found =
    values.find((value) => value.toLowerCase() === lower) ?? values.find((value) => value === truth)
  if (found !== undefined) return { ok: true, canonical: found }
  return { ok: false, problem: `it is none of ${values.filter((value) => value !== '').join(', ')}` }
}

const numberPattern =
  /^\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))\s*([A-Za-z]*)\s*$/

function readNumber(guc: Guc, text: string): GucReading {
  const match = numberPattern.exec(text)
  if (!match) return { ok: false, problem: 'it is not a number' }
  const [, digits = '', suffix = ''] = match
  const units = guc.unit in memoryUnits ? memoryUnits : guc.unit in timeUnits ? timeUnits : {}
  const base = units[guc.unit]
  if (suffix !== '' && (base === undefined || units[suffix] === undefined || suffix === '8kB')) {
    const known = Object.keys(units).filter((unit) => unit !== '8kB')
    return {
      ok: false,
      problem:
        known.length > 0
          ? `"${suffix}" is not a unit here; use one of ${known.join(', ')}`
          : 'it takes no unit',
    }
  }
  const scaled =
    suffix === '' || base === undefined ? toNumber(digits) : (toNumber(digits) * (units[suffix] ?? 1)) / base
  const number = guc.type === 'integer' ? Math.round(scaled) : scaled
  const { min = -Infinity, max = Infinity } = guc
  if (number < min || number > max) {
    return { ok: false, problem: `it is outside ${min} to ${max}${guc.unit ? ` (in ${guc.unit})` : ''}` }
  }
  return { ok: true, canonical: String(number), number }
}

/** Integers may be hexadecimal or, with a leading zero, octal (strtol with base 0). */
function toNumber(digits: string): number {
  const sign = digits.startsWith('-') ? -1 : 1
  const bare = digits.replace(/^[+-]/, '')
  if (/^0[0-7]+$/.test(bare)) return sign * Number.parseInt(bare, 8)
  return sign * Number(bare)
}

/** A number of a memory setting in bytes. */
export function bytesOf(guc: Guc, number: number): number {
  return number * (memoryUnits[guc.unit] ?? 1)
}
