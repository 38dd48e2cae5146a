import { statfsSync } from 'node:fs'
import { arch, availableParallelism, platform, totalmem } from 'node:os'
import type { HostFacts, Volume } from '../../topology/host-facts.ts'
import { asFileFinding } from '../file-error.ts'
import { readCgroupLimits } from './cgroup.ts'
import { nearestExisting } from './reachable.ts'

/** What this machine gives to a process of ours, apart from users and PostgreSQL programs. */
export type MachineFacts = Pick<HostFacts, 'platform' | 'arch' | 'memoryBytes' | 'cpus' | 'volumes'>

/** Measures the machine; `paths` need not exist yet. Throws DiagnosticError when a volume cannot be looked at. */
export function readMachineFacts(paths: {
  readonly data: string
  readonly repository: string
}): MachineFacts {
  const limits = readCgroupLimits()
  return {
    platform: platform(),
    arch: arch(),
    memoryBytes: Math.min(totalmem(), limits.memoryBytes),
    // availableParallelism looks at the affinity mask (sched_getaffinity(2))
    cpus: Math.max(1, Math.floor(Math.min(availableParallelism(), limits.cpus))),
    volumes: { data: measureVolume(paths.data), repository: measureVolume(paths.repository) },
  }
}

/** Size of the volume that holds a path or will hold it; free is what an ordinary user may fill (statfs(2), f_bavail). */
export function measureVolume(path: string): Volume {
  const existing = nearestExisting(path)
  try {
    const { blocks, bavail, bsize } = statfsSync(existing)
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
  } catch (error) {
    throw asFileFinding(error, 'measure the volume of', existing)
  }
}
