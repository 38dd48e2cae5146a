import type { Instant } from '../time/instant.ts'

/**
 * Arrays in PostgreSQL's binary format (array_recv in src/backend/utils/adt/arrayfuncs.c): JSON in a text array doubles
 * its quotes and backslashes, and reading times from text costs more than storing them.
 */
const oids = { text: 25, int4: 23, int8: 20, timestamptz: 1184, jsonb: 3802 } as const

export function textArray(elements: readonly string[], type: 'text' | 'jsonb' = 'text'): Buffer {
  // the version of the format of jsonb stands before its text (jsonb_recv)
  const head = type === 'jsonb' ? 1 : 0
  const lengths = elements.map((element) => Buffer.byteLength(element) + head)
  const bytes = lengths.reduce((sum, length) => sum + length + 4, 0)
  const array = begin(oids[type], elements.length, bytes)
  let at = headerBytes
  for (const [index, element] of elements.entries()) {
    at = array.writeInt32BE(lengths[index] ?? 0, at)
    if (head) at = array.writeUInt8(1, at)
    at += array.write(element, at)
  }
  return array
}

export function int4Array(numbers: readonly number[]): Buffer {
  const array = begin(oids.int4, numbers.length, 8 * numbers.length)
  let at = headerBytes
  for (const number of numbers) at = array.writeInt32BE(number, array.writeInt32BE(4, at))
  return array
}

export function int8Array(numbers: readonly bigint[], type: 'int8' | 'timestamptz' = 'int8'): Buffer {
  const array = begin(oids[type], numbers.length, 12 * numbers.length)
  let at = headerBytes
  for (const number of numbers) at = array.writeBigInt64BE(number, array.writeInt32BE(8, at))
  return array
}

export function instantArray(instants: readonly Instant[]): Buffer {
  return int8Array(instants.map(microseconds), 'timestamptz')
}

/** The server counts from 2000 (src/include/datatype/timestamp.h); the ends of int64 are the infinities. */
function microseconds(instant: Instant): bigint {
  if (instant === 'infinity') return 2n ** 63n - 1n
  if (instant === '-infinity') return -(2n ** 63n)
  const seconds = Date.parse(`${instant.slice(0, 19)}Z`) / 1000 - 946_684_800
  return BigInt(seconds) * 1_000_000n + BigInt(instant.slice(20, 26))
}

const headerBytes = 20

/** Number of dimensions, whether there are nulls, the type of an element, then length and lower bound of the dimension. */
function begin(oid: number, elements: number, bytes: number): Buffer {
  const array = Buffer.allocUnsafe(headerBytes + bytes)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(0, 4)
  array.writeInt32BE(oid, 8)
  array.writeInt32BE(elements, 12)
  array.writeInt32BE(1, 16)
  return array
}
