import { leftToRight, rightToLeft, unassigned } from './stringprep-tables.ts'

type Ranges = readonly (readonly [first: number, last: number])[]

const spaces: Ranges = ranges(0xa0, 0x1680, [0x2000, 0x200b], 0x202f, 0x205f, 0x3000)
const mappedToNothing: Ranges = ranges(
  0xad,
  0x34f,
  0x1806,
  [0x180b, 0x180d],
  [0x200b, 0x200d],
  0x2060,
  [0xfe00, 0xfe0f],
  0xfeff,
)

/** Tables C.1.2, C.2.1, C.2.2 and C.3 to C.9 of RFC 3454, merged and in order. */
const prohibited: Ranges = ranges(
  [0x00, 0x1f],
  [0x7f, 0xa0],
  [0x340, 0x341],
  0x6dd,
  0x70f,
  0x1680,
  0x180e,
  [0x2000, 0x200f],
  [0x2028, 0x202f],
  [0x205f, 0x2063],
  [0x206a, 0x206f],
  [0x2ff0, 0x2ffb],
  0x3000,
  [0xd800, 0xf8ff],
  [0xfdd0, 0xfdef],
  0xfeff,
  [0xfff9, 0xffff],
  [0x1d173, 0x1d17a],
  ...Array.from({ length: 14 }, (_, plane): [number, number] => [
    (plane + 1) * 0x10000 + 0xfffe,
    (plane + 1) * 0x10000 + 0xffff,
  ]),
  0xe0001,
  [0xe0020, 0xe007f],
  [0xf0000, 0x10ffff],
)
const unassignedRanges = decoded(unassigned)
const rightToLeftRanges = decoded(rightToLeft)
const leftToRightRanges = decoded(leftToRight)

/**
 * A password as PostgreSQL prepares it before hashing: the SASLprep profile of RFC 4013, with
 * PostgreSQL's deviations (src/common/saslprep.c and auth-scram.c): plain ASCII is left as it is, what is
 * forbidden is looked for before normalization, and text refused is used unprepared, not rejected.
 */
export function saslprep(text: string): string {
  if (Array.from(text, codeOf).every((code) => code < 0x80)) return text
  const mapped = [...text]
    .map((character) =>
      contains(spaces, codeOf(character))
        ? ' '
        : contains(mappedToNothing, codeOf(character))
          ? ''
          : character,
    )
    .join('')
  // PostgreSQL looks for what is forbidden before it normalizes, where the RFC would look afterwards.
  return isAllowed(Array.from(mapped, codeOf)) ? mapped.normalize('NFKC') : text
}

function isAllowed(codes: readonly number[]): boolean {
  if (codes.length === 0) return false
  if (codes.some((code) => contains(prohibited, code) || contains(unassignedRanges, code))) return false
  // RFC 3454 section 6: right-to-left text has no left-to-right letter, and begins and ends right-to-left.
  if (!codes.some((code) => contains(rightToLeftRanges, code))) return true
  if (codes.some((code) => contains(leftToRightRanges, code))) return false
  return contains(rightToLeftRanges, codes[0] ?? 0) && contains(rightToLeftRanges, codes.at(-1) ?? 0)
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0
}

function contains(table: Ranges, code: number): boolean {
  let low = 0
  let high = table.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first, last] = table[middle] ?? [0, 0]
    if (code < first) high = middle - 1
    else if (code > last) low = middle + 1
    else return true
  }
  return false
}

function ranges(...entries: (number | [number, number])[]): Ranges {
  return entries.map((entry) => (typeof entry === 'number' ? [entry, entry] : entry))
}

function decoded(table: string): Ranges {
  let last = 0
  return table
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [step = '', length = '0'] = entry.split('.')
      const first = last + parseInt(step, 36)
      last = first + parseInt(length, 36)
      return [first, last] as const
    })
}
