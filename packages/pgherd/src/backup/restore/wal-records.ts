import type { Lsn } from '../lsn.ts'

/** Layout of WAL pages and records: src/include/access/xlog_internal.h and xlogrecord.h, the same in 15 to 18. */
const pageBytes = 8192
const pageHeader = 24
const segmentHeader = 40
const recordHeader = 24

/** Bytes of header at the start of a page. */
function headerAt(position: Lsn, segmentBytes: number): number {
  return position % BigInt(segmentBytes) === 0n ? segmentHeader : pageHeader
}

/** Where a record that begins at `start` has its first byte: behind the page header when that comes first. */
export function firstByte(start: Lsn, segmentBytes: number): Lsn {
  return start % BigInt(pageBytes) === 0n ? start + BigInt(headerAt(start, segmentBytes)) : start
}

/** Where a record of `totalBytes` ends that begins at `start`; it goes on behind the header of each page it runs into. */
export function recordEnd(start: Lsn, totalBytes: number, segmentBytes: number): Lsn {
  let at = firstByte(start, segmentBytes)
  let left = BigInt(totalBytes)
  for (;;) {
    const room = BigInt(pageBytes) - (at % BigInt(pageBytes))
    if (left <= room) return at + left
    left -= room
    at += room
    at += BigInt(headerAt(at, segmentBytes))
  }
}

/**
 * Where the last record that begins before `written` ends, aligned as the next one begins: both are offsets in the
 * segment. A record may end in zeros, which cannot be told from what was never written; how long it is it says itself.
 */
export function lastRecordEnd(segment: Buffer, written: number): number {
  const remaining = segment.readUInt32LE(16)
  let at = aligned(recordEnd(0n, remaining, segment.length))
  while (at < BigInt(written)) {
    const offset = Number(firstByte(at, segment.length))
    const length = offset + 4 <= segment.length ? segment.readUInt32LE(offset) : 0
    if (length < recordHeader) break
    at = aligned(recordEnd(at, length, segment.length))
  }
  return Number(at)
}

function aligned(position: Lsn): Lsn {
  return (position + 7n) & ~7n
}

/** The length that the record beginning at `start` says it has; 0 where nothing has been written. */
function recordLength(segment: Buffer, start: Lsn): number {
  const offset = Number(firstByte(start, segment.length) % BigInt(segment.length))
  return segment.readUInt32LE(offset)
}

export interface RestorePoint {
  readonly name: string
  /** Where its record begins: replay up to and including it has everything before the point. */
  readonly lsn: Lsn
  readonly at: Date
}

/** Total length of a restore point's record: header, two bytes that announce the data, and struct xl_restore_point. */
const restorePointBytes = recordHeader + 2 + 72
/** Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
const epoch = 946_684_800_000_000n

/**
 * The restore points in one segment. Looked for by the fixed parts of their record (resource manager XLOG, info 0x70)
 * at every place where a record can begin, and believed when its checksum is right; a record that runs over the end of
 * its page is found too, one that runs over the end of the segment only with the `next` one at hand.
 */
export function restorePoints(segment: Buffer, start: Lsn, next?: Buffer): readonly RestorePoint[] {
  const found: RestorePoint[] = []
  for (let page = 0; page < segment.length; page += pageBytes) {
    const first = page + (page === 0 ? segmentHeader : pageHeader)
    for (let at = first; at < page + pageBytes; at += 8) {
      if (segment.readUInt32LE(at) !== restorePointBytes) continue
      const record = recordAt(segment, at, next)
      const point = record && readRestorePoint(record, start + BigInt(at))
      if (point) found.push(point)
    }
  }
  return found
}

/** The bytes of a restore point's record, put together across a page boundary. */
function recordAt(segment: Buffer, at: number, next: Buffer | undefined): Buffer | undefined {
  const room = pageBytes - (at % pageBytes)
  if (room >= restorePointBytes) return segment.subarray(at, at + restorePointBytes)
  const head = segment.subarray(at, at + room)
  const rest = restorePointBytes - room
  if (at + room < segment.length)
    return Buffer.concat([head, segment.subarray(at + room + pageHeader, at + room + pageHeader + rest)])
  return next && Buffer.concat([head, next.subarray(segmentHeader, segmentHeader + rest)])
}

function readRestorePoint(record: Buffer, lsn: Lsn): RestorePoint | undefined {
  const announced = record[recordHeader] === 0xff && record[recordHeader + 1] === 72
  if (record[16] !== 0x70 || record[17] !== 0 || !announced) return undefined
  // What comes after the header first (xloginsert.c, XLogRecordAssemble and XLogInsertRecord).
  const checksum = crc32c(Buffer.concat([record.subarray(recordHeader), record.subarray(0, 20)]))
  if (record.readUInt32LE(20) !== checksum) return undefined
  const name = record.subarray(recordHeader + 2 + 8)
  const micros = record.readBigInt64LE(recordHeader + 2) + epoch
  return { name: name.toString('utf8', 0, name.indexOf(0)), lsn, at: new Date(Number(micros / 1000n)) }
}

/** CRC-32C (RFC 3720, appendix B.4), bit by bit: it is worked out for a hundred bytes now and then. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

/**
 * Whether what follows the end of replay is only a record that had not been received whole. `segment` is the one
 * `replayed` lies in, `end` where the archive ends. Anything else there means the WAL in between is damaged.
 */
export function isUnfinishedRecord(segment: Buffer, replayed: Lsn, end: Lsn): boolean {
  const first = firstByte(replayed, segment.length)
  if (first + 4n > end) return true
  const length = recordLength(segment, replayed)
  const offset = Number(first % BigInt(segment.length))
  const left = Math.min(segment.length, offset + Number(end - first))
  // An unsealed partial segment ends in zeros, and so may its last record: nothing at all was written there.
  if (length === 0)
    return (
      Number(end - first) <= segment.length - offset &&
      !segment.subarray(offset, left).some((byte) => byte !== 0)
    )
  if (length < recordHeader || recordEnd(replayed, length, segment.length) <= end) return false
  // A damaged length would pass for a record that never ends; the next page repeats how much of it is left.
  const room = pageBytes - (offset % pageBytes)
  const page = offset + room
  if (page + pageHeader > left) return true
  const continues = (segment.readUInt16LE(page + 2) & 1) === 1
  return continues && segment.readUInt32LE(page + 16) === length - room
}
