import { randomFillSync } from 'node:crypto'

const pool = Buffer.alloc(16 * 256)
let used = pool.length

/**
 * A UUID of version 7 (RFC 9562, 5.7): the first 48 bits are milliseconds, the rest is random. Ids that grow with
 * time land on the last page of the unique index, where random ones would touch a page each.
 */
export function newEventId(now = Date.now()): string {
  // a call of the random generator per id would cost more than the id
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + 16)
  used += 16
  bytes.writeUIntBE(now, 0, 6)
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether PostgreSQL would read it as the UUID it looks like; only the form with hyphens is taken. */
export function isEventId(id: string): boolean {
  return form.test(id)
}
