/**
 * Arrays in PostgreSQL's binary format (array_recv in src/backend/utils/adt/arrayfuncs.c). JSON in a text array
 * doubles its quotes and backslashes, which costs more than the JSON itself (measured: stores.md, 2.1).
 */
const oids = { text: 25, int4: 23, int8: 20, uuid: 2950, json: 114 } as const

export function textArray(elements: readonly (string | null)[], type: 'text' | 'json' = 'text'): Buffer {
  let bytes = 0
  const lengths = elements.map((element) => {
    const length = element === null ? -1 : Buffer.byteLength(element)
    bytes += Math.max(length, 0)
    return length
  })
  const array = begin(oids[type], elements.length, bytes + 4 * elements.length, lengths.includes(-1))
  let at = headerBytes
  for (const [index, element] of elements.entries()) {
    at = array.writeInt32BE(lengths[index] ?? -1, at)
    if (element !== null) at += array.write(element, at)
  }
  return array
}

export function uuidArray(ids: readonly string[]): Buffer {
  const array = begin(oids.uuid, ids.length, 20 * ids.length)
  let at = headerBytes
  for (const id of ids) {
    at = array.writeInt32BE(16, at)
    at += array.write(id.replaceAll('-', ''), at, 'hex')
  }
  return array
}

export function int4Array(numbers: readonly number[]): Buffer {
  const array = begin(oids.int4, numbers.length, 8 * numbers.length)
  let at = headerBytes
  for (const number of numbers) at = array.writeInt32BE(number, array.writeInt32BE(4, at))
  return array
}

export function int8Array(numbers: readonly number[]): Buffer {
  const array = begin(oids.int8, numbers.length, 12 * numbers.length)
  let at = headerBytes
  for (const number of numbers) at = array.writeBigInt64BE(BigInt(number), array.writeInt32BE(8, at))
  return array
}

const headerBytes = 20

/** Number of dimensions, whether there are nulls, the type of an element, then length and lower bound of the dimension. */
function begin(oid: number, elements: number, bytes: number, hasNulls = false): Buffer {
  const array = Buffer.allocUnsafe(headerBytes + bytes)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(hasNulls ? 1 : 0, 4)
  array.writeInt32BE(oid, 8)
  array.writeInt32BE(elements, 12)
  array.writeInt32BE(1, 16)
  return array
}
