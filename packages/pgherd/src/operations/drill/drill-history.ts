import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Attempt } from '../../drill-schedule/attempt.ts'
import { readState, scheduleStatePath } from '../../drill-schedule/schedule-state.ts'
import { writeWholeFile } from '../../hosts/whole-file.ts'
import { homeOf, type Topology } from '../../topology/topology.ts'
import type { DrillResult } from './drill-result.ts'

/** Runs kept; the oldest leave, with their ledgers. */
const runsKept = 200

/**
 * Keeps the result of a run for good: one file per run, named by its id, which begins with the time. The agent, which is
 * not root, shows it; nobody else gets into the directory.
 */
export function keepResult(topology: Topology, result: DrillResult): void {
  const { drills } = homeOf(topology).paths
  mkdirSync(drills, { recursive: true, mode: 0o700 })
  writeWholeFile(join(drills, `${result.id}.json`), `${JSON.stringify(result, null, 2)}\n`, { mode: 0o644 })
  const ids = runIds(drills)
  for (const id of ids.slice(0, Math.max(0, ids.length - runsKept))) {
    rmSync(join(drills, `${id}.json`), { force: true })
    rmSync(join(drills, `${id}.ledger.jsonl`), { force: true })
  }
}

/** Results of earlier runs, oldest first; none when no drill ever ran. */
export function readResults(topology: Topology): readonly DrillResult[] {
  const { drills } = homeOf(topology).paths
  return runIds(drills).map(
    (id) => JSON.parse(readFileSync(join(drills, `${id}.json`), 'utf8')) as DrillResult,
  )
}

/** What became of the times at which drills were due by schedule, oldest first. */
export function readAttempts(topology: Topology): readonly Attempt[] {
  return readState(scheduleStatePath(homeOf(topology).paths.drills)).state.attempts
}

/** Result of the newest run of each drill, by its name; one that cannot be read is left out. */
export function newestResults(topology: Topology): ReadonlyMap<string, DrillResult> {
  const { drills } = homeOf(topology).paths
  const newest = new Map(runIds(drills).map((id) => [id.slice(id.indexOf('-') + 1), id]))
  const results = new Map<string, DrillResult>()
  for (const [drill, id] of newest) {
    try {
      results.set(drill, JSON.parse(readFileSync(join(drills, `${id}.json`), 'utf8')) as DrillResult)
    } catch {
      // cut short by a full disk, or removed since the look: the others are still worth telling
    }
  }
  return results
}

function runIds(drills: string): string[] {
  try {
    return readdirSync(drills)
      .flatMap((name) => /^(\d{8}T\d{6}Z-[a-z-]+)\.json$/.exec(name)?.[1] ?? [])
      .sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
