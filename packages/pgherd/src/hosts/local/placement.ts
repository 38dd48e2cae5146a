import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  symlinkSync,
  type Stats,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import type { Placement } from '../../topology/topology.ts'
import { asFileFinding } from '../file-error.ts'
import { reachableBy } from './reachable.ts'

export interface PlacementOptions {
  /** Absolute path of the spec file; it need not exist any more. */
  readonly specFile: string
  readonly name: string
  /** `--state`, absolute. */
  readonly state?: string
  readonly runAs: RunAs
  readonly invoker: RunAs
}

export interface FoundPlacement extends Placement {
  /** Where the state is looked for: the path a user knows. */
  readonly known: string
  /** True when `known` is, or has to become, a symbolic link to `state`. */
  readonly linked: boolean
}

/** Where root keeps state that the user PostgreSQL runs as could not reach in its own place. */
const rootState = '/var/lib/pgherd'

/** sun_path holds 108 bytes with the final NUL on Linux, 104 elsewhere (unix(7), unix(4)). */
export const longestSocketPath = process.platform === 'linux' ? 107 : 103

/**
 * Where the state of a database lives. Looks only; `preparePlacement` makes it. Beside the spec
 * (`.pgherd/<name>`) or at `--state`; when pgherd runs as root and the user PostgreSQL runs as cannot get
 * there, below /var/lib/pgherd, with a symbolic link in the known place so that it is always found again.
 * Throws DiagnosticError PATH_NOT_OURS, PATH_IN_THE_WAY.
 */
export function findPlacement(options: PlacementOptions): FoundPlacement {
  const { runAs, invoker } = options
  const known = resolve(options.state ?? join(dirname(options.specFile), '.pgherd', options.name))
  const there = look(known)
  if (there?.isSymbolicLink()) {
    requireOwner(known, there, invoker)
    return place(realpathOrTarget(known), known, true, runAs)
  }
  if (there && !there.isDirectory()) {
    throw new DiagnosticError(
      diagnose('PATH_IN_THE_WAY', {
        detail: `${known} should be the state directory of "${options.name}", but is something else`,
        mend: mend.run('ls', '-ld', known),
        at: { file: known },
      }),
    )
  }
  const empty = there === undefined || readdirSync(known).length === 0
  if (there && !empty) requireOwner(known, there, invoker)
  if (invoker.uid !== 0 || reachableBy(known, runAs)) return place(known, known, false, runAs)
  if (empty) return place(join(rootState, `${basename(known)}-${digest(known)}`), known, true, runAs)
  throw new DiagnosticError(
    diagnose('PATH_UNREACHABLE', {
      detail: `${known} holds state, but "${runAs.name}", who runs PostgreSQL, cannot pass the directories above it`,
      mend: mend.run('namei', '-l', known),
      at: { file: known },
    }),
  )
}

/** Makes the state directory and the link to it. Throws DiagnosticError (asFileFinding). */
export function preparePlacement(found: FoundPlacement): void {
  try {
    mkdirSync(found.state, { recursive: true, mode: 0o755 })
    // mkdir(2) is cut by the umask: below 0755 the user PostgreSQL runs as could not pass
    for (const path of found.state.startsWith(`${rootState}/`) ? [rootState, found.state] : [found.state])
      chmodSync(path, 0o755)
    if (!found.linked || look(found.known)?.isSymbolicLink()) return
    if (look(found.known)) rmdirSync(found.known)
    mkdirSync(dirname(found.known), { recursive: true })
    symlinkSync(found.state, found.known)
  } catch (error) {
    throw asFileFinding(error, 'make the state directory', found.state)
  }
}

function place(state: string, known: string, linked: boolean, runAs: RunAs): FoundPlacement {
  const sockets = join(state, 'run', 's')
  // each member of a cluster has a directory of its own in there
  const fits = Buffer.byteLength(join(sockets, 'pg99', '.s.PGSQL.65535')) <= longestSocketPath
  return { state, known, linked, sockets: fits ? sockets : `/tmp/pgherd-${runAs.uid}-${digest(state)}` }
}

/**
 * State that another user started cannot be carried on: the files belong to that user, and root
 * would follow paths that the user can change.
 */
function requireOwner(path: string, { uid }: Stats, invoker: RunAs): void {
  if (uid === invoker.uid) return
  throw new DiagnosticError(
    diagnose('PATH_NOT_OURS', {
      detail: `the state ${path} belongs to user id ${uid}, and pgherd runs as "${invoker.name}" (${invoker.uid})`,
      mend: mend.advice(`run pgherd as the user with id ${uid}, or give another directory with --state`),
      at: { file: path },
    }),
  )
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw asFileFinding(error, 'look at', path)
  }
}

/** Where a link leads, even when the target has been removed. */
function realpathOrTarget(link: string): string {
  try {
    return realpathSync(link)
  } catch {
    throw new DiagnosticError(
      diagnose('PATH_IN_THE_WAY', {
        detail: `${link} is a link to a state directory that is gone; if that volume is only not mounted, mount it`,
        mend: mend.run('rm', link),
        at: { file: link },
      }),
    )
  }
}

function digest(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}
