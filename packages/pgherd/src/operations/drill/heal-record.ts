import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { faultFile } from '../../drill-schedule/leftover.ts'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import { homeOf, type Topology } from '../../topology/topology.ts'
import type { Aim } from './drill.ts'

/** A fault that may be in force: written before it is made, removed after it is undone. */
export interface HealRecord {
  readonly drill: string
  readonly id: string
  readonly aim: Aim
  readonly pid: number
  /** With the process id, who made it: whoever finds the record can tell whether that process still runs. */
  readonly started?: string
  readonly since: string
}

/** Where the fault under way is written down. */
export function healRecordPath(topology: Topology): string {
  return `${homeOf(topology).paths.drills}/${faultFile}`
}

/**
 * On the disk before the fault is made: a crash of ours must not leave a fault that nobody knows. The agent, which is not
 * root, tells of one that was left; nobody else gets into the directory.
 */
export function writeHealRecord(topology: Topology, record: HealRecord): void {
  const path = healRecordPath(topology)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeWholeFile(path, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o644 })
}

/** The fault that a drill left behind; undefined when there is none. */
export function readHealRecord(topology: Topology): HealRecord | undefined {
  try {
    return JSON.parse(readFileSync(healRecordPath(topology), 'utf8')) as HealRecord
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export function removeHealRecord(topology: Topology): void {
  rmSync(healRecordPath(topology), { force: true })
}
