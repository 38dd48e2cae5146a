import type { MemberView } from '../../plan/cluster-view.ts'

/** What is remembered of a member that does not stream. Times are RFC 3339. */
export interface Trouble {
  /** When it was first seen so. */
  readonly since: string
  /** When it was cloned anew, by us, or by Patroni as far as that was seen. */
  readonly attempts: readonly string[]
  /** From when on patience counts: nothing hindered it, and nothing moved. */
  readonly from: string
  /** What moves in a member that is on its way back. */
  readonly sign?: Sign
  /** Since when its Patroni has not answered. */
  readonly silentSince?: string
}

/** Patroni that was silent for this long was away, and not only slow; in milliseconds. */
const awayMs = 30_000

/** Bytes from the start of WAL it has replayed, or bytes that the primary has sent for clones, and how many these are. */
export interface Sign {
  readonly of: 'replay' | 'clone'
  readonly bytes: number
  readonly clones?: number
}

/** What the primary tells of all clones under way. */
export interface Cloning {
  readonly bytes: number
  readonly clones: number
}

/** Troubles by member; those that stream have none. */
export type Troubles = Readonly<Record<string, Trouble>>

/** What was seen of a member beside Patroni's word. */
export interface Seen {
  /** Undefined when nothing is being cloned, or it is not known. */
  readonly cloning: Cloning | undefined
  /** Nobody could help it, so that the time does not count. */
  readonly hindered: boolean
}

/**
 * Takes in another look at a member that does not stream. A clone that has fewer bytes than before was begun anew, by
 * Patroni, which does so without end; it counts as an attempt. Pure.
 */
export function noteTrouble(
  before: Trouble | undefined,
  member: MemberView,
  { cloning, hindered }: Seen,
  now: Date,
): Trouble {
  const time = now.toISOString()
  const sign = signOf(member, cloning) ?? before?.sign
  const silentSince = member.role === 'unreachable' ? (before?.silentSince ?? time) : undefined
  const wasAway =
    before?.silentSince !== undefined && now.getTime() - Date.parse(before.silentSince) >= awayMs
  const moved = before?.sign !== undefined && sign?.bytes !== before.sign.bytes
  // of several clones it is not known whose bytes are gone
  const alone = before?.sign?.clones === 1 && sign?.clones === 1
  const begunAnew = alone && sign.bytes < before.sign.bytes ? [time] : []
  const isBack = wasAway && silentSince === undefined
  return {
    since: before?.since ?? time,
    attempts: [...(before?.attempts ?? []), ...begunAnew],
    from: before && !hindered && !moved && !isBack ? before.from : time,
    ...(sign ? { sign } : {}),
    ...(silentSince === undefined ? {} : { silentSince }),
  }
}

function signOf(member: MemberView, cloning: Cloning | undefined): Sign | undefined {
  if (member.state === 'creating replica') return cloning && { of: 'clone', ...cloning }
  return member.replayed === undefined ? undefined : { of: 'replay', bytes: member.replayed }
}
