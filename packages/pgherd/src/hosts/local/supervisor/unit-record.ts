import { readFileSync } from 'node:fs'
import { writeWholeFile } from '../../whole-file.ts'
import type { ProcessIdentity } from '../process-identity.ts'

/** What must survive the supervisor about one unit. */
export interface UnitRecord {
  readonly wanted: 'running' | 'stopped'
  /** Put into the environment of the process: finds it when the supervisor died before it wrote down the process. */
  readonly mark?: string
  readonly process?: ProcessIdentity
  readonly since?: string
  readonly definition?: string
  readonly restarts: number
  readonly lastExit?: string
}

export type UnitRecords = Readonly<Record<string, UnitRecord>>

/** Reads the record of a supervisor; empty when there is none, or when it is damaged (processes are then found by postmaster.pid). */
export function readRecords(path: string): UnitRecords {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as UnitRecords
  } catch {
    return {}
  }
}

export function writeRecords(path: string, records: UnitRecords): void {
  writeWholeFile(path, `${JSON.stringify(records, null, 1)}\n`, { mode: 0o644 })
}
