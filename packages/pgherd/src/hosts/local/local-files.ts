import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { asFileFinding } from '../file-error.ts'
import type { ReadHost, WriteHost } from '../host.ts'
import { promised } from '../promised.ts'
import { syncDirectory, writeWholeFile } from '../whole-file.ts'
import { requireBelow } from './state-paths.ts'

type Files = Pick<
  ReadHost & WriteHost,
  'readFile' | 'stat' | 'makeDirectory' | 'writeFile' | 'removeOwned' | 'moveOwned'
>

/** Files of this machine. Every failure is a finding that names the path (asFileFinding). */
export function localFiles(options: {
  readonly state: string
  readonly runAs: RunAs
  readonly invoker: RunAs
}): Files {
  const { state, runAs, invoker } = options
  const accounts = { 'run-as': runAs, invoker }
  return {
    readFile: guarded('read', (path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    }),

    stat: guarded('look at', (path) => {
      const found = lstatSync(path, { throwIfNoEntry: false })
      if (!found) return undefined
      const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other'
      return { mode: found.mode & 0o7777, uid: found.uid, kind }
    }),

    makeDirectory: guarded('make the directory', (path, mode, owner) => {
      const account = accounts[owner]
      const found = lstatSync(path, { throwIfNoEntry: false })
      if (found) requireOurs(path, found, [runAs.uid, invoker.uid])
      else makeWithParents(path, mode, [0, runAs.uid, invoker.uid])
      if (invoker.uid === 0 && lstatSync(path).uid !== account.uid) chownSync(path, account.uid, account.gid)
      chmodSync(path, mode)
      syncDirectory(dirname(path))
    }),

    writeFile: promised(({ path, contents, mode, owner }) =>
      writeWholeFile(path, contents, { mode, owner: accounts[owner] }),
    ),

    removeOwned: guarded('remove', (path) => {
      requireBelow(state, path)
      rmSync(path, { recursive: true, force: true })
    }),

    moveOwned: guarded('move', (from, to) => {
      requireBelow(state, from)
      requireBelow(state, to)
      const there = lstatSync(to, { throwIfNoEntry: false })
      // fails when it is anything but an empty directory; rename(2) alone would replace a file silently
      if (there) rmdirSync(to)
      renameSync(from, to)
      syncDirectory(dirname(to))
      if (dirname(from) !== dirname(to)) syncDirectory(dirname(from))
    }),
  }
}

/** Parents that are missing are made passable for the user PostgreSQL runs as, whatever the umask; the first that is there must be trusted. */
function makeWithParents(path: string, mode: number, trusted: readonly number[]): void {
  const missing: string[] = []
  let parent = dirname(path)
  for (; !lstatSync(parent, { throwIfNoEntry: false }); parent = dirname(parent)) missing.unshift(parent)
  const found = statSync(parent)
  requireOurs(parent, found, trusted)
  for (const each of missing) {
    mkdirSync(each, { mode: 0o755 })
    chmodSync(each, 0o755)
  }
  mkdirSync(path, { mode })
}

/** A directory that is there already is used only when it is one of ours: in /tmp anybody can make one first. */
function requireOurs(
  path: string,
  found: { uid: number; isDirectory(): boolean },
  ours: readonly number[],
): void {
  if (!found.isDirectory()) {
    throw new DiagnosticError(
      diagnose('PATH_IN_THE_WAY', {
        detail: `${path} should be a directory of pgherd, but is something else`,
        mend: mend.run('ls', '-ld', path),
        at: { file: path },
      }),
    )
  }
  if (ours.includes(found.uid)) return
  throw new DiagnosticError(
    diagnose('PATH_NOT_OURS', {
      detail: `the directory ${path} belongs to user id ${found.uid}, who could read or replace what PostgreSQL keeps there`,
      mend: mend.run('ls', '-ld', path),
      at: { file: path },
    }),
  )
}

function guarded<A extends [string, ...unknown[]], R>(
  doing: string,
  work: (...args: A) => R,
): (...args: A) => Promise<R> {
  return promised((...args) => {
    try {
      return work(...args)
    } catch (error) {
      throw asFileFinding(error, doing, args[0])
    }
  })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
