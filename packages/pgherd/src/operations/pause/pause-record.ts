import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import { homeOf, type Topology } from '../../topology/topology.ts'

/** How long automation stays paused; lies in `<run>` of the home, where the agent looks. */
export interface PauseRecord {
  /** RFC 3339. */
  readonly since: string
  /** RFC 3339. */
  readonly until: string
}

function recordFile(topology: Topology): string {
  return join(homeOf(topology).paths.run, 'automation-paused.json')
}

export function writePauseRecord(topology: Topology, record: PauseRecord): void {
  writeWholeFile(recordFile(topology), `${JSON.stringify(record)}\n`, { mode: 0o644 })
}

/** For status: until when automation is paused; undefined when it was not paused by pgherd, or the record cannot be read. */
export function readPauseRecord(topology: Topology): PauseRecord | undefined {
  try {
    const { since, until } = JSON.parse(readFileSync(recordFile(topology), 'utf8')) as PauseRecord
    return Number.isNaN(Date.parse(until)) ? undefined : { since, until }
  } catch {
    return undefined
  }
}

export function removePauseRecord(topology: Topology): void {
  rmSync(recordFile(topology), { force: true })
}
