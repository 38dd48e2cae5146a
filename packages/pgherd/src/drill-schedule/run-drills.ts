import { writeSync } from 'node:fs'
import type { DrillsFile } from '../components/drills/drills-file.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { readTrustedFile } from '../hosts/local/supervisor/trusted-file.ts'
import { DrillClock, type Log } from './drill-clock.ts'

const levels = { info: 30, warn: 40, error: 50 } as const

/** Logs JSON lines to standard error, as the agent does. */
const log: Log = (level, msg, fields) => {
  const entry = { level: levels[level], time: new Date().toISOString(), pid: process.pid, ...fields, msg }
  try {
    writeSync(2, `${JSON.stringify(entry)}\n`)
  } catch {
    // a full disk must not end the schedule
  }
}

/** The process that runs drills by schedule, started by bin/pgherd-drills.js: waits until a signal ends it. */
export function runDrillsProcess(path: string | undefined): void {
  process.umask(0o022)
  process.on('SIGHUP', () => undefined)
  try {
    const file = readDrillsFile(path)
    const clock = new DrillClock(file, log)
    const timer = setInterval(() => clock.tick(), 1000)
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        log('info', 'the drill schedule is stopping', { signal })
        clearInterval(timer)
        void clock.stop().then(() => process.exit(0))
      })
    log('info', 'the drill schedule is waiting', { schedule: file.schedule })
    clock.tick()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    for (const { code, detail, mend: way } of error.diagnostics) log('error', detail, { code, mend: way })
    process.exitCode = error.exitCode
  }
}

/** Reads drills.json, which `up` wrote. Throws DiagnosticError DRILLS_FILE_INVALID, UNIT_UNSAFE. */
export function readDrillsFile(path: string | undefined): DrillsFile {
  if (path === undefined) throw invalid('(none)', 'no file was named on the command line')
  const text = readTrustedFile(path)
  if (text === undefined) throw invalid(path, 'it is missing')
  let file: Partial<DrillsFile> | null
  try {
    file = JSON.parse(text) as Partial<DrillsFile> | null
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error))
  }
  const lists = [file?.command, file?.place, Object.values(file?.schedule ?? {})]
  const sound = lists.every(
    (list) => Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === 'string'),
  )
  if (!sound || typeof file?.drills !== 'string') throw invalid(path, 'parts of it are missing')
  return file as DrillsFile
}

function invalid(path: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('DRILLS_FILE_INVALID', {
      detail: `The process that runs drills by schedule cannot use its file ${path}: ${why}. Without it no drill runs by itself.`,
      mend: mend.run('pgherd', 'up'),
      at: { file: path },
    }),
  )
}
