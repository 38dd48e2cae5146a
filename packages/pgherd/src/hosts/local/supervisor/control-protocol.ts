import type { UnitState } from '../../host.ts'

/** Counts up when a supervisor of an older pgherd can no longer be talked to; it is then replaced. */
export const protocolVersion = 1

/**
 * One request per line, as JSON. Only units with a definition on disk can be named: nothing that comes over
 * the socket says what is started.
 */
export type ControlRequest =
  | { readonly do: 'status' }
  | { readonly do: 'start' | 'stop' | 'restart' | 'reload'; readonly unit: string }
  /** Stops every unit, dependents first, and ends; `leave` ends without touching them. */
  | { readonly do: 'shutdown' }
  | { readonly do: 'leave' }

export type ControlReply =
  | {
      readonly ok: true
      readonly version: number
      readonly pid: number
      readonly units: readonly UnitState[]
    }
  | { readonly ok: false; readonly error: string }

/** Longest request the supervisor reads, in bytes. */
export const longestRequest = 4096

/** Checks what came over the socket; undefined when it is no request. */
export function parseRequest(line: string): ControlRequest | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('do' in value)) return undefined
  switch (value.do) {
    case 'status':
    case 'shutdown':
    case 'leave':
      return { do: value.do }
    case 'start':
    case 'stop':
    case 'restart':
    case 'reload':
      return 'unit' in value && typeof value.unit === 'string'
        ? { do: value.do, unit: value.unit }
        : undefined
    default:
      return undefined
  }
}
