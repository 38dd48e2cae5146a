import type { Major } from './gucs/guc.ts'
import { GB, MB } from './size-text.ts'

type Storage = 'ssd' | 'hdd' | 'san' | 'nvme'

/**
 * What differs between majors beyond the presence of a setting (that is in gucs/guc-table.json).
 * Sources: the release notes of each major, and commits ff79b5b and cc6be07 for I/O concurrency in 18.
 */
export interface VersionTraits {
  /** Sessions kept for members of pg_use_reserved_connections (16 and newer). */
  readonly reservedConnections: number
  /** Bytes of dead-row memory one vacuum can use: an array with a 1 GB limit up to 16, a radix tree since 17. */
  readonly vacuumMemoryCap: number
  /** Blocks read ahead per scan. Before 18 posix_fadvise hints, since 18 real asynchronous reads (default 16). */
  readonly readAhead: Readonly<Record<Storage, number>>
  readonly maintenanceReadAhead: Readonly<Record<Storage, number>>
  /** Whether read-ahead works without posix_fadvise (macOS): before 18 any value but 0 stops the server. */
  readonly readAheadEverywhere: boolean
  /** How to log logins: a switch up to 17, a list of stages since 18. */
  readonly logConnections: string
}

const hints = { ssd: 32, hdd: 2, san: 32, nvme: 64 }
const reads = { ssd: 16, hdd: 16, san: 32, nvme: 64 }
const before18 = {
  readAhead: hints,
  maintenanceReadAhead: { ssd: 16, hdd: 10, san: 16, nvme: 32 },
  readAheadEverywhere: false,
  logConnections: 'on',
}

export const versions: Readonly<Record<Major, VersionTraits>> = {
  15: { ...before18, reservedConnections: 0, vacuumMemoryCap: GB - MB },
  16: { ...before18, reservedConnections: 3, vacuumMemoryCap: GB - MB },
  17: { ...before18, reservedConnections: 3, vacuumMemoryCap: 2 * GB },
  18: {
    reservedConnections: 3,
    vacuumMemoryCap: 2 * GB,
    readAhead: reads,
    maintenanceReadAhead: { ssd: 16, hdd: 16, san: 16, nvme: 32 },
    readAheadEverywhere: true,
    logConnections: 'authentication,authorization',
  },
}
