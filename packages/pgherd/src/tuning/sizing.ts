import type { Spec } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import { gucOf, type Major } from './gucs/guc.ts'
import { bytesOf, readGucValue } from './gucs/guc-value.ts'
import { clamp, floorTo, GB, MB, roughSize } from './size-text.ts'
import { versions, type VersionTraits } from './versions.ts'
import { workloads, type WorkloadTraits } from './workloads.ts'

/** What the subjects compute from: the machine's share for this server, the workload, and what the spec already fixed. */
export interface Sizing {
  readonly spec: Spec
  readonly facts: HostFacts
  readonly major: Major
  readonly version: VersionTraits
  readonly workload: WorkloadTraits
  /** Bytes this server may use, and where that number comes from. */
  readonly memory: number
  readonly memoryOrigin: string
  readonly cpus: number
  /** Settings of the spec that were found valid, by lower-case name. */
  readonly overrides: ReadonlyMap<string, string>
}

/** Puts together what the subjects compute from. `overrides` are the accepted settings of the spec. */
export function sizingOf(spec: Spec, facts: HostFacts, overrides: ReadonlyMap<string, string>): Sizing {
  const major = facts.postgres.major
  return {
    spec,
    facts,
    major,
    version: versions[major],
    workload: workloads[spec.postgres.workload],
    ...memoryFor(spec, facts),
    cpus: Math.max(1, Math.floor(Math.min(spec.postgres.cpus ?? facts.cpus, facts.cpus))),
    overrides,
  }
}

/**
 * Declared memory is all for the server. Memory found on the machine is shared with the operating
 * system, the agent and throwaway instances of proofs: a part stays out.
 */
function memoryFor(spec: Spec, facts: HostFacts): { memory: number; memoryOrigin: string } {
  const declared = spec.postgres.memory
  if (declared !== undefined) {
    const memory = Math.min(declared, facts.memoryBytes)
    return { memory, memoryOrigin: `the ${roughSize(memory)} of postgres.memory` }
  }
  const found = facts.memoryBytes
  const kept = Math.min(found / 4, clamp(256 * MB, found / 16, 4 * GB))
  const memory = floorTo(MB, found - kept)
  return {
    memory,
    memoryOrigin: `the ${roughSize(memory)} for PostgreSQL (${roughSize(found)} less ${roughSize(kept)} for the system, agent and proofs)`,
  }
}

/** The spec's own value of a numeric setting, sizes in bytes; undefined when the spec leaves it to pgherd. */
export function overrideNumber(sizing: Sizing, name: string): number | undefined {
  const text = sizing.overrides.get(name)
  const guc = gucOf(name, sizing.major)
  if (text === undefined || guc === undefined) return undefined
  const reading = readGucValue(guc, text)
  return reading.ok && reading.number !== undefined ? bytesOf(guc, reading.number) : undefined
}
