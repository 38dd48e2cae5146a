import { formatLsn, type Lsn } from '../lsn.ts'
import type { ServerIdentity } from './replication-connection.ts'
import type { TimelineHistory } from '../timelines.ts'

/** How far the archive has come on one timeline. */
export interface ArchivedTimeline {
  readonly timeline: number
  /** Where the next finished segment begins. */
  readonly next: Lsn
  /** Newest byte known to be archived, the unfinished segment included. */
  readonly end: Lsn
  /** The newest finished segment. */
  readonly finished?: string
}

export interface StartFacts {
  readonly server: ServerIdentity
  /** Ancestors of the server's timeline, oldest first. */
  readonly history: TimelineHistory
  readonly archived: readonly ArchivedTimeline[]
  /** Where the newest base backup needs WAL from, for an archive without any. */
  readonly neededFrom?: { readonly timeline: number; readonly lsn: Lsn }
  /** From where on the slot keeps WAL. */
  readonly kept: { readonly timeline: number; readonly lsn: Lsn }
  readonly segmentBytes: number
}

export type WalStart =
  | {
      readonly kind: 'stream'
      readonly timeline: number
      readonly lsn: Lsn
      /** Where the server left this timeline; what the archive holds of it beyond is not on the server's way. */
      readonly until?: Lsn
    }
  /** The archive holds what this server never wrote: going on would overwrite it. */
  | { readonly kind: 'ahead'; readonly detail: string }

/**
 * Decides where streaming goes on, from the archive and the server alone. Streaming always begins at
 * the start of a segment. On the server's own branch that is after the newest finished segment; when
 * the server left a timeline before that point (a restore to an earlier moment), at the segment of
 * the next timeline in which the switch lies. Pure.
 */
export function planStart(facts: StartFacts): WalStart {
  const { server, history, archived, segmentBytes } = facts
  const branch = [...history, { timeline: server.timeline, until: undefined }]
  const newest = archived.reduce<ArchivedTimeline | undefined>(
    (best, each) => (best && best.timeline > each.timeline ? best : each),
    undefined,
  )

  if (newest && newest.timeline > server.timeline) {
    return {
      kind: 'ahead',
      detail: `the archive holds timeline ${newest.timeline}, but the server is on timeline ${server.timeline}: an older copy of the data directory was started without recovery, or a second server shares this archive`,
    }
  }
  for (let index = branch.length - 1; index >= 0; index--) {
    const left = branch[index]
    const have = archived.find((each) => each.timeline === left?.timeline)
    if (!left || !have) continue
    if (left.until === undefined) {
      if (have.end <= server.lsn) return { kind: 'stream', timeline: left.timeline, lsn: have.next }
      return {
        kind: 'ahead',
        detail: `the archive of timeline ${have.timeline} reaches ${formatLsn(have.end)}, but the server's WAL ends at ${formatLsn(server.lsn)}: the data directory was put back to an older state without recovery`,
      }
    }
    if (have.next <= left.until)
      return { kind: 'stream', timeline: left.timeline, lsn: have.next, until: left.until }
    const child = branch[index + 1]
    if (child)
      return { kind: 'stream', timeline: child.timeline, lsn: startOfSegment(left.until, segmentBytes) }
  }
  const from =
    facts.neededFrom && branch.some((each) => each.timeline === facts.neededFrom?.timeline)
      ? facts.neededFrom
      : facts.kept
  return { kind: 'stream', timeline: from.timeline, lsn: startOfSegment(from.lsn, segmentBytes) }
}

export function startOfSegment(lsn: Lsn, segmentBytes: number): Lsn {
  return lsn - (lsn % BigInt(segmentBytes))
}
