import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { longestSocketPath } from '../placement.ts'

/**
 * What the supervisor keeps. Apart from `<state>/run`, which belongs to the user PostgreSQL runs as: as root the
 * supervisor signals the processes it finds here, so nobody else may write to it.
 */
export interface SupervisorPaths {
  readonly directory: string
  readonly config: string
  readonly lock: string
  /** Which process runs which unit, so that a new supervisor finds them again. */
  readonly record: string
  readonly socketDirectory: string
  readonly socket: string
}

/** Paths of the one supervisor of a state directory. `uid` is who runs it. */
export function supervisorPaths(state: string, uid: number): SupervisorPaths {
  const directory = join(state, 'supervisor')
  const socket = join(directory, 'control.sock')
  const fits = Buffer.byteLength(socket) <= longestSocketPath
  const short = `/tmp/pgherd-supervisor-${uid}-${createHash('sha256').update(state).digest('hex').slice(0, 12)}`
  return {
    directory,
    config: join(directory, 'config.json'),
    lock: join(directory, 'lock'),
    record: join(directory, 'units.json'),
    socketDirectory: fits ? directory : short,
    socket: fits ? socket : join(short, 'control.sock'),
  }
}
