import type { ServerObservation } from '../../checks/observation.ts'

/** What one line of probing knows. Times are monotonic milliseconds. */
export interface Pulse {
  readonly lastGood: number | null
  /** When the oldest probe without an answer was sent; null when none is open. */
  readonly silentSince: number | null
  /** Why there was no good answer, from the server or the kernel. */
  readonly reason: string | null
}

export interface Pulses {
  /** The postmaster accepts and forks. */
  readonly door: Pulse & { readonly absent: boolean }
  /** A session executes a query. `refused`: the server said no to the session. */
  readonly session: Pulse & { readonly refused: boolean }
}

/** A probe without an answer for longer than this means frozen; with one probe a second it shows within 2.5 s. */
export const patienceMs = 1500

/** Judges the pulses. Pure. */
export function verdict({ door, session }: Pulses, now: number): ServerObservation {
  const silent = (pulse: Pulse) => pulse.silentSince !== null && now - pulse.silentSince > patienceMs
  const lastGood =
    door.lastGood === null || session.lastGood === null ? null : Math.min(door.lastGood, session.lastGood)
  const silentSeconds = lastGood === null ? null : Math.max(0, (now - lastGood) / 1000)
  const state = (): ServerObservation['state'] => {
    if (door.absent) return 'down'
    if (silent(door) || silent(session)) return 'frozen'
    if (session.refused) return 'refusing'
    if (lastGood === null) return 'unknown'
    return 'up'
  }
  return {
    state: state(),
    silentSeconds,
    reason: door.absent ? door.reason : (session.reason ?? door.reason),
  }
}
