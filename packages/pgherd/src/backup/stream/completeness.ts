import type { Lsn } from '../lsn.ts'
import type { WalData, WalKeepalive } from './wal-messages.ts'

/** The archive is complete up to `lsn` as of `clock` (server clock, microseconds since 2000). */
export interface CompleteUpTo {
  readonly lsn: Lsn
  readonly clock: bigint
}

/**
 * Works out up to which moment the received WAL is everything the server had flushed.
 *
 * The clock of a message is taken after the server looked at its end of WAL, and a keepalive does
 * not look at it at all, so a message's own clock may be late. But between two messages the server
 * does look (src/backend/replication/walsender.c, WalSndLoop): when a message leaves nothing
 * unsent, all WAL flushed up to the clock of the message before it is here.
 */
export class Completeness {
  #previousClock: bigint | undefined
  #received: Lsn
  #caughtUp = false

  constructor(start: Lsn) {
    this.#received = start
  }

  onData(message: WalData): CompleteUpTo | undefined {
    const end = message.start + BigInt(message.bytes.length)
    this.#received = end
    this.#caughtUp = end >= message.serverEnd
    return this.#conclude(message.clock)
  }

  onKeepalive(message: WalKeepalive, serverEnd?: Lsn): CompleteUpTo | undefined {
    // Nothing came since streaming began: caught up when the server had no more at the start.
    if (serverEnd !== undefined && this.#received >= serverEnd) this.#caughtUp = true
    if (message.end > this.#received) this.#caughtUp = false
    return this.#conclude(message.clock)
  }

  /** Nothing was unsent at the last message. */
  get caughtUp(): boolean {
    return this.#caughtUp
  }

  #conclude(clock: bigint): CompleteUpTo | undefined {
    const before = this.#previousClock
    this.#previousClock = clock
    return this.#caughtUp && before !== undefined ? { lsn: this.#received, clock: before } : undefined
  }
}
