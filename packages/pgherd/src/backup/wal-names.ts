import type { Lsn } from './lsn.ts'

/** Name of a WAL segment: 24 hexadecimal digits of timeline, upper half and number within 4 GiB. */
export interface SegmentName {
  readonly timeline: number
  /** Number of the segment since the beginning of WAL. */
  readonly number: bigint
}

/** Sizes `initdb --wal-segsize` allows, in bytes: powers of two from 1 MB to 1 GB. */
export function isSegmentSize(bytes: number): boolean {
  return bytes >= 2 ** 20 && bytes <= 2 ** 30 && Number.isInteger(Math.log2(bytes))
}

/** `000000010000000A000000FE`; the rule is XLogFileName in PostgreSQL's access/xlog_internal.h. */
export function formatSegment({ timeline, number }: SegmentName, segmentBytes: number): string {
  const perId = segmentsPerId(segmentBytes)
  return hex8(timeline) + hex8(number / perId) + hex8(number % perId)
}

/** Reads a segment name; undefined when it is none, or impossible with segments of this size. */
export function parseSegment(name: string, segmentBytes: number): SegmentName | undefined {
  const match = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name)
  if (!match) return undefined
  const perId = segmentsPerId(segmentBytes)
  const low = BigInt(`0x${match[3] ?? ''}`)
  const timeline = Number.parseInt(match[1] ?? '', 16)
  if (low >= perId || timeline === 0) return undefined
  return { timeline, number: BigInt(`0x${match[2] ?? ''}`) * perId + low }
}

/** The segment in which the byte at `lsn` lies. */
export function segmentOf(timeline: number, lsn: Lsn, segmentBytes: number): string {
  return formatSegment({ timeline, number: segmentNumber(lsn, segmentBytes) }, segmentBytes)
}

export function segmentNumber(lsn: Lsn, segmentBytes: number): bigint {
  return lsn / BigInt(segmentBytes)
}

/** Number of the segment that holds the last byte before `lsn`: the end of WAL lies behind that byte, not on it. */
export function segmentNumberBefore(lsn: Lsn, segmentBytes: number): bigint {
  return lsn === 0n ? 0n : (lsn - 1n) / BigInt(segmentBytes)
}

/** Where a segment starts. */
export function segmentStart(number: bigint, segmentBytes: number): Lsn {
  return number * BigInt(segmentBytes)
}

/** `00000002.history`. */
export function historyName(timeline: number): string {
  return `${hex8(timeline)}.history`
}

/** The directory name of a timeline below `wal/`. */
export function timelineName(timeline: number): string {
  return hex8(timeline)
}

/** Segments in 4 GiB of WAL. */
function segmentsPerId(segmentBytes: number): bigint {
  if (!isSegmentSize(segmentBytes)) throw new RangeError(`${segmentBytes} is no WAL segment size`)
  return 0x1_0000_0000n / BigInt(segmentBytes)
}

function hex8(value: number | bigint): string {
  return value.toString(16).toUpperCase().padStart(8, '0')
}
