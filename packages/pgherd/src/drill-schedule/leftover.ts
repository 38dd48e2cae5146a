import { readdirSync } from 'node:fs'
import { readTrustedFile } from '../hosts/local/supervisor/trusted-file.ts'
import { runs, type ProcessIdentity } from '../hosts/local/process-identity.ts'

/** A fault that may be in force; operations/drill/heal-record.ts writes it before the fault is made. */
export const faultFile = 'under-way.json'

/** Whether a drill made a fault and has not undone it. */
export interface FaultUnderWay {
  readonly drill: string
  /** Whether the process that made it still runs, and will undo it. */
  readonly attended: boolean
}

/** The fault that is written down in the directory of the drills; undefined when there is none. Throws DiagnosticError UNIT_UNSAFE. */
export function findFault(drills: string): FaultUnderWay | undefined {
  const text = readTrustedFile(`${drills}/${faultFile}`)
  if (text === undefined) return undefined
  const { drill, pid, started } = JSON.parse(text) as { drill: string } & Partial<ProcessIdentity>
  const attended = pid !== undefined && started !== undefined && runs({ pid, started })
  return { drill, attended }
}

/** Id of the result that a drill begun at `startedAt` or later has left; null when there is none. */
export function resultSince(drills: string, drill: string, startedAt: string): string | null {
  const least = startedAt.replace(/[-:]|\.\d+/g, '')
  const found = readdirSync(drills)
    .map((name) => /^((\d{8}T\d{6}Z)-([a-z-]+))\.json$/.exec(name))
    .find((match) => match?.[3] === drill && (match[2] ?? '') >= least)
  return found?.[1] ?? null
}
