import { readFile, rename, writeFile } from 'node:fs/promises'
import type { FenceObservation } from '../checks/observation.ts'
import type { FenceState } from './decide.ts'

/** What the fence writes down for `status`, and for itself after a restart: `<run>/fence.json`. */
export interface FenceStatus {
  readonly pid: number
  /** The boot the times of `state` count from. */
  readonly boot: string
  /** Seconds since the machine started when this was written. */
  readonly at: number
  readonly state: FenceState
  /** What the fence did last; undefined as long as there was nothing to do. */
  readonly lastAction?: FenceAction
}

export interface FenceAction {
  readonly do: 'stop-server' | 'restart-patroni'
  readonly why: string
  /** RFC 3339. */
  readonly time: string
  /** From the decision until the last process was gone, in milliseconds. */
  readonly tookMs: number
  /** Processes that did not go, which is what an operator must look at. */
  readonly left: readonly number[]
}

/** Reads the status of a fence; undefined when there is none. */
export async function readFenceStatus(path: string): Promise<FenceStatus | undefined> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as Partial<FenceStatus> | null
    const { pid, boot, at, state } = found ?? {}
    if (typeof pid !== 'number' || typeof boot !== 'string' || typeof at !== 'number') return undefined
    return typeof state?.startedAt === 'number' ? (found as FenceStatus) : undefined
  } catch {
    return undefined
  }
}

/**
 * Writes it whole, but does not force it to the disk: it is of no use after a reboot, and a disk that hangs must not hold up
 * the fence. For the same reason nobody waits for it.
 */
export async function writeFenceStatus(path: string, status: FenceStatus): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  await writeFile(temporary, `${JSON.stringify(status, undefined, 1)}\n`, { mode: 0o644 })
  await rename(temporary, path)
}

/** What checks look at: how long it has been silent, and what it did last. `now` is seconds since the machine started. Pure. */
export function fenceObservation(
  member: string,
  status: FenceStatus | undefined,
  boot: string,
  now: number,
): FenceObservation {
  const action = status?.lastAction
  return {
    member,
    silentSeconds: status?.boot === boot ? Math.max(0, now - status.at) : null,
    lastAction: action ? { do: action.do, why: action.why, time: action.time, left: action.left } : null,
  }
}

/** How old a status may be, in seconds, to be carried on: the supervisor starts a fence that died within a second. */
const carriedOn = 3

/** What a fence begins with: where its predecessor was when that ended just now, else nothing. Pure. */
export function beginState(previous: FenceStatus | undefined, boot: string, now: number): FenceState {
  if (!previous || previous.boot !== boot || now < previous.at || now - previous.at > carriedOn)
    return { startedAt: now, server: 'stopped' }
  return previous.state
}
