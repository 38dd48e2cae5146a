import type { Lsn } from '../lsn.ts'

/** A commit record in the WAL: whose, and where the record begins and ends. */
export interface Commit {
  /** The transaction's 32-bit number, as WAL records hold it. */
  readonly xid: bigint
  readonly start: Lsn
  readonly end: Lsn
}

/** `pg_current_snapshot()`: which transactions its holder sees. Numbers are 64 bits wide. */
export interface VisibilitySnapshot {
  readonly xmax: bigint
  readonly running: ReadonlySet<bigint>
}

/** Replay stopped anywhere from `from` to `to` has applied the same commits. */
export interface LsnRange {
  readonly from: Lsn
  readonly to: Lsn
}

/** Reads `xmin:xmax:xip,xip` (PostgreSQL docs, 9.27.7). Throws RangeError on anything else. */
export function parseSnapshot(text: string): VisibilitySnapshot {
  const match = /^\d+:(\d+):((?:\d+(?:,\d+)*)?)$/.exec(text)
  if (!match) throw new RangeError(`"${text}" is not a snapshot such as 795:799:795,797`)
  const running = (match[2] ?? '').split(',').filter((part) => part !== '')
  return { xmax: BigInt(match[1] ?? ''), running: new Set(running.map(BigInt)) }
}

/** Whether the holder of the snapshot sees a transaction that has committed. Subtransactions end with their parent. */
export function sees(snapshot: VisibilitySnapshot, xid: bigint): boolean {
  const full = widen(xid, snapshot.xmax)
  return full < snapshot.xmax && !snapshot.running.has(full)
}

/** The 64-bit number nearest to `near` with the given lower 32 bits: no two live transactions are 2^31 apart. */
export function widen(xid: bigint, near: bigint): bigint {
  const same = (near & ~0xffffffffn) | xid
  if (same > near + 0x80000000n) return same - 0x100000000n
  if (same + 0x80000000n < near) return same + 0x100000000n
  return same
}

/**
 * The replay positions at which a standby sees exactly what the snapshot sees, or undefined when there is none.
 *
 * A transaction writes its commit record first and leaves the list of running transactions later
 * (RecordTransactionCommit, ProcArrayEndTransaction), so snapshots see commits in an order that may differ from
 * the order of their records, which is the order replay makes them visible in. The snapshot is usable when the
 * commits it sees are a prefix of the records: none that it misses lies before one that it sees.
 *
 * `commits` are the records after `since` in WAL order, up to one that began after the snapshot was taken.
 */
export function alignedRange(
  snapshot: VisibilitySnapshot,
  commits: readonly Commit[],
  since: Lsn,
): LsnRange | undefined {
  const first = commits.findIndex((commit) => !sees(snapshot, commit.xid))
  const missed = commits[first]
  if (!missed) throw new RangeError('the commit records end before the snapshot does')
  if (commits.slice(first).some((commit) => sees(snapshot, commit.xid))) return undefined
  return { from: commits[first - 1]?.end ?? since, to: missed.start }
}
