import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import { identify, runs } from '../../hosts/local/process-identity.ts'
import { homeOf, type Topology } from '../../topology/topology.ts'

/** Who paused the pools, and until when at most; lies in `<run>` of the home for as long as they are paused. */
export interface PausedRecord {
  readonly operation: string
  readonly pid: number
  readonly started: string
  /** RFC 3339. */
  readonly deadline: string
}

function pausedFile(topology: Topology): string {
  return join(homeOf(topology).paths.run, 'pools-paused.json')
}

/** Says that this process is about to pause the pools. No secret is in it, and the agent has to read it. */
export function recordPause(topology: Topology, operation: string, deadline: Date): void {
  const self = identify(process.pid)
  const record: PausedRecord = {
    operation,
    pid: process.pid,
    started: self?.started ?? '',
    deadline: deadline.toISOString(),
  }
  writeWholeFile(pausedFile(topology), `${JSON.stringify(record)}\n`, { mode: 0o644 })
}

export function forgetPause(topology: Topology): void {
  rmSync(pausedFile(topology), { force: true })
}

/** What is on record; undefined when the pools were not paused by us. A damaged record counts as one whose owner is gone. */
export function pauseOnRecord(topology: Topology): PausedRecord | undefined {
  let text: string
  try {
    text = readFileSync(pausedFile(topology), 'utf8')
  } catch {
    return undefined
  }
  try {
    return JSON.parse(text) as PausedRecord
  } catch {
    return { operation: 'an operation', pid: 0, started: '', deadline: new Date(0).toISOString() }
  }
}

/** Whether nobody is going to resume the pools any more: the one who paused them is gone, or the time is over. */
export function isForgotten(record: PausedRecord, now: Date): boolean {
  return !runs(record) || !(Date.parse(record.deadline) > now.getTime())
}
