import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs'
import { DiagnosticError, diagnose, mend } from '../../../diagnostic/diagnostic.ts'
import type { RunAs } from '../../../topology/host-facts.ts'
import { asFileFinding } from '../../file-error.ts'
import { writeWholeFile } from '../../whole-file.ts'
import type { SupervisorPaths } from './supervisor-paths.ts'
import type { Timing } from './timing.ts'
import { readTrustedFile } from './trusted-file.ts'

/** What a supervisor is told at its start, by file. */
export interface SupervisorConfig {
  readonly runAs: RunAs
  /** Directory of the unit definitions. */
  readonly units: string
  /** The supervisor's own log. */
  readonly log: string
  readonly timing: Timing
}

/** Throws DiagnosticError UNIT_UNSAFE, SUPERVISOR_NOT_STARTED. */
export function readConfig(paths: SupervisorPaths): SupervisorConfig {
  const text = readTrustedFile(paths.config)
  if (text !== undefined) return JSON.parse(text) as SupervisorConfig
  throw new DiagnosticError(
    diagnose('SUPERVISOR_NOT_STARTED', {
      detail: `${paths.config} is missing; it says what the supervisor looks after`,
      mend: mend.run('pgherd', 'up'),
    }),
  )
}

/** Makes the supervisor's directories, which only the current user may write to, and writes its configuration. */
export function writeConfig(paths: SupervisorPaths, config: SupervisorConfig): void {
  for (const directory of new Set([paths.directory, paths.socketDirectory])) makeOwnDirectory(directory)
  writeWholeFile(paths.config, `${JSON.stringify(config, null, 1)}\n`, { mode: 0o644 })
}

function makeOwnDirectory(path: string): void {
  const mine = process.geteuid?.()
  try {
    mkdirSync(path, { mode: 0o711 })
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    if (!exists) throw asFileFinding(error, 'make the directory', path)
    const found = lstatSync(path)
    if (!found.isDirectory() || (found.uid !== mine && mine !== 0)) {
      throw new DiagnosticError(
        diagnose('PATH_NOT_OURS', {
          detail: `${path} belongs to user id ${found.uid}, who could tell the supervisor what to do`,
          mend: mend.run('ls', '-ld', path),
          at: { file: path },
        }),
      )
    }
    // left by the user PostgreSQL runs as, or by nobody we know: root takes it back
    if (mine === 0 && found.uid !== 0) chownSync(path, 0, 0)
  }
  chmodSync(path, 0o711)
}
