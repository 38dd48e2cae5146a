import type { FenceTiming } from '../components/fence/fence-file.ts'

/** What Patroni said about itself (GET /patroni). */
export interface PatroniAnswer {
  /**
   * `dcs_last_seen`: the second in which etcd was last read, by a clock that may be set at any time; 0: never. While etcd is
   * out of reach and its watch still open, Patroni 3.0.2 counts its own copy as read (dcs/etcd3.py, KVCache): it then knows
   * by the renewal that fails, and the fence waits for a Patroni that is alive to step down or to enter failsafe mode.
   */
  readonly lastSeen: number
  /** etcd is away and every member has agreed that this one stays primary. */
  readonly failsafe: boolean
  readonly paused: boolean
  /** Of Patroni, such as `3.0.2`. */
  readonly version?: string
}

/**
 * What the fence knows. All times are seconds of a clock that never goes back, never jumps and is the same for every
 * process since the machine started; the time of day plays no part, so that setting it cannot delay anything.
 */
export interface FenceState {
  readonly startedAt: number
  /** When the last question was asked that got an answer. */
  readonly askedAt?: number
  readonly lastSeen?: number
  /** etcd has been read after this moment. */
  readonly contactAt?: number
  readonly failsafeAt?: number
  readonly pausedAt?: number
  /** The ttl that is in force by what Patroni told last, where somebody may have changed it by hand, in seconds. */
  readonly ttl?: number
  /** A longer one, and when it was told first: the lease there is may still be the shorter one. */
  readonly longerTtl?: { readonly ttl: number; readonly toldAt: number }
  readonly server: 'primary' | 'standby' | 'stopped'
  /** Since when a server runs that Patroni, which was started after it, does not know for its own. */
  readonly unknownSince?: number
  /** Who holds the leader lock by etcd's own word, when that is another member: first and last seen beside a primary here. */
  readonly otherLeads?: { readonly member: string; readonly since: number; readonly at: number }
  /** When nobody listened where Patroni answers: it is starting, or waits for etcd before it listens. */
  readonly refusedAt?: number
  /** When Patroni's present process was first seen; left out when there is none. */
  readonly patroniAt?: number
}

export type FenceDecision = {
  /** `stop-server`: PostgreSQL could outlive its lease. `restart-patroni`: it has been frozen for too long. */
  readonly do: 'nothing' | 'stop-server' | 'restart-patroni'
  readonly why: string
}

/** Without an answer for this long a Patroni that runs counts as frozen, in seconds: shorter pauses are load. */
export const frozenAfter = 3

/**
 * How long a server may take writes beside another leader, in seconds. A Patroni that hands over has stopped its server by
 * then; one that takes the server for gone, as when the clock was set and it was started anew (3.0.2, postmaster.py,
 * "too much difference between PID file start time"), never does.
 */
export const besideAnother = 3

/**
 * How long a server may run that Patroni does not know for its own, in seconds. After the clock was set and Patroni started
 * anew it tries for ever to start another one beside it (3.0.2, postmaster.py, as above).
 */
export const unknownFor = 15

/** Shortest patience after Patroni told of the failsafe mode: a single lost answer is none. */
const failsafePatience = 2

/**
 * Takes in an answer. A `dcs_last_seen` that differs from the one before was read after the question before had been asked:
 * that moment is known exactly, where `dcs_last_seen` itself is cut to a second and goes by the time of day.
 */
export function noteAnswer(state: FenceState, answer: PatroniAnswer, askedAt: number): FenceState {
  const { lastSeen, failsafe, paused } = answer
  // an answer to an older question, held up on its way, says nothing new
  if (state.askedAt !== undefined && askedAt <= state.askedAt) return state
  const read = lastSeen > 0 && state.lastSeen !== undefined && lastSeen !== state.lastSeen
  return {
    ...state,
    lastSeen,
    askedAt,
    ...(read && state.askedAt !== undefined ? { contactAt: state.askedAt } : {}),
    ...(failsafe ? { failsafeAt: askedAt } : {}),
    ...(paused ? { pausedAt: askedAt } : {}),
  }
}

/**
 * Takes in the ttl of Patroni's dynamic configuration. A shorter one counts at once. A longer one counts when etcd has been
 * read after it was told: Patroni takes it up in the loop in which it reads it, and only then makes a lease of that length.
 */
export function noteTtl(state: FenceState, ttl: number, askedAt: number): FenceState {
  const { longerTtl, ...rest } = state
  if (state.ttl === undefined || ttl <= state.ttl) return { ...rest, ttl }
  const toldAt = longerTtl?.ttl === ttl ? longerTtl.toldAt : askedAt
  if (state.contactAt !== undefined && state.contactAt > toldAt) return { ...rest, ttl }
  return { ...rest, longerTtl: { ttl, toldAt } }
}

/** Takes in how the server runs: what was seen beside a primary says nothing of the next one. */
export function noteServer(state: FenceState, server: FenceState['server']): FenceState {
  if (server === 'primary') return { ...state, server }
  const { otherLeads, ...rest } = state
  void otherLeads
  return { ...rest, server }
}

/**
 * Takes in whether the server is one that Patroni cannot know by its postmaster.pid. What it says of it is no help: it is
 * "running" whenever a client gets in, and "starting" in between.
 */
export function noteUnknown(state: FenceState, unrecognised: boolean, now: number): FenceState {
  const { unknownSince, ...rest } = state
  if (!unrecognised || state.server === 'stopped') return rest
  return { ...rest, unknownSince: unknownSince ?? now }
}

/** Takes in who holds the leader lock: etcd says so, and nobody when there is none. */
export function noteLeader(
  state: FenceState,
  self: string,
  leader: string | undefined,
  at: number,
): FenceState {
  const { otherLeads, ...rest } = state
  if (leader === undefined || leader === self || state.server !== 'primary') return rest
  return { ...rest, otherLeads: { member: leader, since: otherLeads?.since ?? at, at } }
}

/**
 * After the fence itself stood still: a Patroni that meanwhile read etcd is watched as from the start, because it has found
 * out by itself whether it still leads; one that did not is judged by what was known before.
 */
export function noteStandstill(before: FenceState, after: FenceState, now: number): FenceState {
  return after.askedAt !== before.askedAt && after.lastSeen !== before.lastSeen
    ? { ...after, startedAt: now }
    : after
}

/** A healthy Patroni is seen to read etcd this long after its loop at the latest: two questions, and what is cut to a second. */
const seenAfter = 2

/**
 * How long after its last contact with etcd the lease of a primary is certain, in seconds: by the ttl of the spec, or by a
 * shorter one that somebody set by hand. Never shorter than the fence needs to see that all is well, for it would stop
 * every healthy primary; such a ttl is not `watchable`. Pure.
 */
export function certainFor(state: Pick<FenceState, 'ttl'>, timing: FenceTiming): number {
  const { ttl, loopWait, fenceMargin } = timing
  const bySpec = ttl - loopWait - fenceMargin
  if (state.ttl === undefined || state.ttl >= ttl) return bySpec
  return Math.min(bySpec, Math.max(state.ttl - loopWait - fenceMargin, loopWait + seenAfter))
}

/** Whether the fence can stop a primary before a lease of this length ends. Pure. */
export function watchable(ttl: number, timing: FenceTiming): boolean {
  const { loopWait, fenceMargin } = timing
  return certainFor({ ttl }, timing) <= Math.max(0, ttl - loopWait - fenceMargin)
}

/**
 * Until when a primary may run, in seconds of the same clock. The lease was renewed at most one loop before etcd was last
 * read (Patroni reads it at the start of a loop and renews after), so it lives until then + ttl - loop_wait, and the margin
 * is for the stop itself. In failsafe mode the members keep their word for a ttl, and it is given anew at the latest after a
 * loop and its retries (Failsafe in Patroni's ha.py). A paused Patroni keeps its server: nobody else is promoted then.
 * A fence that has just started gives Patroni the time of one loop with all its retries to show a sign of life.
 */
export function primaryUntil(state: FenceState, timing: FenceTiming): number {
  const { loopWait, retryTimeout } = timing
  const patience = certainFor(state, timing)
  const after = (moment: number | undefined, seconds: number) =>
    moment === undefined ? -Infinity : moment + seconds
  return Math.max(
    after(state.startedAt, Math.min(patience, loopWait + retryTimeout + 1)),
    after(state.contactAt, patience),
    after(state.failsafeAt, Math.max(patience - retryTimeout, failsafePatience)),
    after(state.pausedAt, patience),
  )
}

/** Since when Patroni has listened and not answered, as a frozen process does: the kernel accepts for it. */
export function silentSince({ startedAt, askedAt, refusedAt, patroniAt }: FenceState): number {
  return Math.max(startedAt, askedAt ?? -Infinity, refusedAt ?? -Infinity, patroniAt ?? -Infinity)
}

/** What to do now. Pure. */
export function decideFence(state: FenceState, timing: FenceTiming, now: number): FenceDecision {
  const until = primaryUntil(state, timing)
  if (state.server === 'primary' && now >= until) {
    const contact = state.contactAt === undefined ? 'never' : `${(now - state.contactAt).toFixed(1)} s ago`
    return {
      do: 'stop-server',
      why: `Patroni last read etcd ${contact}, so its lease may end in ${timing.fenceMargin} s and another member be promoted`,
    }
  }
  const { otherLeads, pausedAt = -Infinity } = state
  // a paused Patroni leaves servers to whoever paused it
  if (
    state.server === 'primary' &&
    otherLeads &&
    otherLeads.at - otherLeads.since >= besideAnother &&
    now - pausedAt > timing.ttl
  )
    return {
      do: 'stop-server',
      why: `${otherLeads.member} has held the leader lock for ${(otherLeads.at - otherLeads.since).toFixed(1)} s while this server takes writes`,
    }
  const unknown = state.unknownSince === undefined ? 0 : now - state.unknownSince
  if (unknown >= unknownFor && now - pausedAt > timing.ttl)
    return {
      do: 'stop-server',
      why: `Patroni has not known its own server for ${unknown.toFixed(1)} s, since the clock was set after it was started`,
    }
  const silent = now - silentSince(state)
  if (state.patroniAt !== undefined && silent > 2 * timing.ttl) {
    return { do: 'restart-patroni', why: `Patroni runs and has not answered for ${silent.toFixed(1)} s` }
  }
  return { do: 'nothing', why: state.server === 'primary' ? 'the lease is certain' : 'no primary runs here' }
}
