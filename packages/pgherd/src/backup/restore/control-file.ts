import type { Lsn } from '../lsn.ts'

/** What a restore needs to know from `global/pg_control` before a server can be started. */
export interface ControlFile {
  readonly systemId: string
  readonly timeline: number
  /** Shut down in order: what it holds ends with the checkpoint. */
  readonly shutDown: boolean
  /** Where the latest checkpoint's record begins: after a clean shutdown the last one of the WAL. */
  readonly checkpoint: Lsn
  readonly walSegmentBytes: number
  /** A hot standby refuses to run with less of these than the server that wrote the WAL (PostgreSQL docs, 26.4.3). */
  readonly minimums: {
    readonly max_connections: number
    readonly max_worker_processes: number
    readonly max_wal_senders: number
    readonly max_prepared_transactions: number
    readonly max_locks_per_transaction: number
  }
}

/** DB_SHUTDOWNED and DB_SHUTDOWNED_IN_RECOVERY of enum DBState. */
const shutDownStates: ReadonlySet<number> = new Set([1, 2])

/** PG_CONTROL_VERSION of the majors 15 to 17 and of 18 (src/include/catalog/pg_control.h). */
const knownVersions: ReadonlySet<number> = new Set([1300, 1700, 1800])

/**
 * Reads `global/pg_control` of PostgreSQL 15 to 18 (struct ControlFileData of src/include/catalog/pg_control.h,
 * little-endian and 8-byte aligned as on every platform pgherd supports; the fields used here have kept their
 * place in all four). Needed because the npm builds bring no pg_controldata.
 * Throws RangeError on a format it does not know.
 */
export function parseControlFile(bytes: Buffer): ControlFile {
  if (bytes.length < 256) throw new RangeError(`pg_control has ${bytes.length} bytes; it is cut off`)
  const version = bytes.readUInt32LE(8)
  if (!knownVersions.has(version)) throw new RangeError(`pg_control has the unknown format ${version}`)
  return {
    systemId: bytes.readBigUInt64LE(0).toString(),
    timeline: bytes.readUInt32LE(48),
    shutDown: shutDownStates.has(bytes.readUInt32LE(16)),
    checkpoint: bytes.readBigUInt64LE(32),
    walSegmentBytes: bytes.readUInt32LE(228),
    minimums: {
      max_connections: bytes.readInt32LE(180),
      max_worker_processes: bytes.readInt32LE(184),
      max_wal_senders: bytes.readInt32LE(188),
      max_prepared_transactions: bytes.readInt32LE(192),
      max_locks_per_transaction: bytes.readInt32LE(196),
    },
  }
}
