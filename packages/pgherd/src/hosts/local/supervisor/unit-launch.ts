import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync } from 'node:fs'
import type { Unit } from '../../../components/component.ts'
import type { RunAs } from '../../../topology/host-facts.ts'
import { spawnIdentity } from '../../run-as.ts'
import { dropVariable } from '../drop-privileges.ts'
import { cleanEnvironment } from '../environment.ts'
import { openLog } from './unit-log.ts'

/** Environment variable that holds a unit's mark (UnitRecord.mark). */
export const markVariable = 'PGHERD_UNIT_MARK'

/**
 * Starts the program of a unit in a session of its own, with its log as output, so that the end of the
 * supervisor does not touch it. Throws DiagnosticError when the log cannot be written; a program that cannot be
 * started is reported by the child's `error` event.
 */
export function launch(unit: Unit, runAs: RunAs, mark: string): ChildProcess {
  const asRoot = process.geteuid?.() === 0
  const drops = unit.user === 'drops' && asRoot
  const log = openLog(unit.logFile, runAs)
  try {
    const [program = '', ...args] = unit.argv
    const child = spawn(program, args, {
      ...(unit.user === 'run-as' ? spawnIdentity(runAs) : {}),
      cwd: unit.workingDirectory,
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...cleanEnvironment(runAs, unit.env),
        ...(drops ? { [dropVariable]: [runAs.uid, runAs.gid, runAs.name, runAs.home].join(':') } : {}),
        [markVariable]: mark,
      },
    })
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}
