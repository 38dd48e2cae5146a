import { type Lsn } from '../lsn.ts'

/** WAL bytes from the server (XLogData, PostgreSQL documentation 55.4). */
export interface WalData {
  readonly kind: 'data'
  readonly start: Lsn
  /** The server's end of WAL when it sent this. */
  readonly serverEnd: Lsn
  /** Server clock in microseconds since 2000-01-01 UTC. */
  readonly clock: bigint
  /** Valid during the callback only. */
  readonly bytes: Buffer
}

/** A sign of life. `end` is what the server has sent so far, which is its end of WAL only when it has caught up. */
export interface WalKeepalive {
  readonly kind: 'keepalive'
  readonly end: Lsn
  readonly clock: bigint
  readonly replyRequested: boolean
}

/** Reads one CopyData payload of a physical replication stream; undefined for kinds of later versions. */
export function readWalMessage(chunk: Buffer): WalData | WalKeepalive | undefined {
  const tag = chunk[0]
  if (tag === 0x77 && chunk.length >= 25) {
    return {
      kind: 'data',
      start: chunk.readBigUInt64BE(1),
      serverEnd: chunk.readBigUInt64BE(9),
      clock: chunk.readBigInt64BE(17),
      bytes: chunk.subarray(25),
    }
  }
  if (tag === 0x6b && chunk.length >= 18) {
    return {
      kind: 'keepalive',
      end: chunk.readBigUInt64BE(1),
      clock: chunk.readBigInt64BE(9),
      replyRequested: chunk[17] === 1,
    }
  }
  return undefined
}

/** 2000-01-01T00:00:00Z in milliseconds of the Unix clock. */
const postgresEpochMs = 946_684_800_000

/** The server's clock value as a date; microseconds are cut off, so the date is never later than the value. */
export function dateOfClock(clock: bigint): Date {
  return new Date(postgresEpochMs + Number(clock / 1000n))
}

/**
 * Standby status update. Written, flushed and applied are all the durable position: for an archive
 * "applied" has no other meaning, and with it `synchronous_commit = remote_apply` works instead of
 * waiting for ever.
 */
export function statusMessage(durable: Lsn, now: Date, replyRequested: boolean): Buffer {
  const message = Buffer.alloc(34)
  message[0] = 0x72
  message.writeBigUInt64BE(durable, 1)
  message.writeBigUInt64BE(durable, 9)
  message.writeBigUInt64BE(durable, 17)
  message.writeBigInt64BE(BigInt(now.getTime() - postgresEpochMs) * 1000n, 25)
  message[33] = replyRequested ? 1 : 0
  return message
}
