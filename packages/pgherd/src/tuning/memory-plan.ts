import { preloadWorkers } from './preload.ts'
import { ownSessionCount, superuserReserved } from './own-sessions.ts'
import { overrideNumber, type Sizing } from './sizing.ts'
import { clamp, floorTo, kB, MB } from './size-text.ts'

/** Private memory of an idle backend: catalogue and plan caches. */
export const backendBytes = 2 * MB
/** The smallest work_mem the server takes. */
const workFloor = 64 * kB
/** Below this, ordinary sorts go to disk: worth giving up page cache for. */
const workComfort = 4 * MB

/** Who gets how much memory; sizes in bytes. */
export interface MemoryPlan {
  readonly maxConnections: number
  readonly sharedBuffers: number
  readonly walBuffers: number
  readonly parallelWorkers: number
  readonly workMem: number
  readonly hashMultiplier: number
  readonly maintenance: number
  readonly autovacuumWorkers: number
  readonly autovacuumEach: number
  /** What a planner may expect to find cached: shared buffers and the rest of the page cache. */
  readonly cache: number
}

/**
 * Divides the memory so that even with every pool session, our own sessions and every parallel worker
 * in a hash at once, with all vacuum workers and one index build beside, it is not exceeded. A value the
 * spec fixed is taken as given and the others fit around it.
 */
export function planMemory(sizing: Sizing): MemoryPlan {
  const { memory, cpus, workload, version } = sizing
  const given = (name: string) => overrideNumber(sizing, name)
  const maxConnections = given('max_connections') ?? sessionsWanted(sizing)
  const sharedBuffers = given('shared_buffers') ?? Math.max(16 * MB, floorTo(MB, memory / 4))
  const walBuffers = positive(given('wal_buffers')) ?? walBuffersFor(sizing, sharedBuffers)
  const parallelWorkers = given('max_parallel_workers') ?? clamp(1, cpus, Math.floor(memory / (128 * MB)))
  const autovacuumWorkers = given('autovacuum_max_workers') ?? (cpus >= 32 ? 5 : cpus >= 16 ? 4 : 3)
  const maintenance =
    given('maintenance_work_mem') ??
    Math.max(8 * MB, Math.min(floorTo(MB, memory * workload.maintenanceShare), workload.maintenanceCap))
  const autovacuumEach =
    positive(given('autovacuum_work_mem')) ??
    clamp(2 * MB, floorTo(MB, (memory * 0.06) / autovacuumWorkers), version.vacuumMemoryCap)
  const hashMultiplier = given('hash_mem_multiplier') ?? 2
  const base = {
    maxConnections,
    sharedBuffers,
    walBuffers,
    parallelWorkers,
    hashMultiplier,
    maintenance,
    autovacuumWorkers,
    autovacuumEach,
  }
  const fixed = worstCase({ ...base, workMem: 0 })
  const takers = (maxConnections + parallelWorkers) * hashMultiplier
  const free = memory - fixed
  const share = clamp(Math.min(free, takers * workComfort), memory * workload.workShare, free)
  const workMem = given('work_mem') ?? clamp(workFloor, roundWork(share / takers), workload.workCap)
  const rest = memory - worstCase({ ...base, workMem })
  return { ...base, workMem, cache: floorTo(MB, Math.max(memory / 2, sharedBuffers + rest)) }
}

/** The most memory the plan can take, in bytes. */
export function worstCase(plan: Omit<MemoryPlan, 'cache'>): number {
  const shared = plan.sharedBuffers * 1.03 + plan.walBuffers + 12 * MB + plan.maxConnections * 32 * kB
  const processes = plan.maxConnections + plan.parallelWorkers
  const private_ = processes * (backendBytes + plan.workMem * plan.hashMultiplier)
  return shared + private_ + plan.maintenance + plan.autovacuumWorkers * (plan.autovacuumEach + backendBytes)
}

/** max_connections that the pools, our own sessions and the reserved ones add up to. */
export function sessionsWanted({ spec, version }: Sizing): number {
  return spec.postgres.connections + ownSessionCount + superuserReserved + version.reservedConnections
}

/** Worker processes: parallel query, extensions, and four for logical replication and the like. */
export function workerProcesses(sizing: Sizing, plan: MemoryPlan): number {
  return Math.max(8, plan.parallelWorkers + preloadWorkers(sizing) + 4)
}

/** The server's own 1/32 of shared buffers stops at one WAL segment; many writers fill that between two flushes. */
function walBuffersFor({ spec, cpus }: Sizing, sharedBuffers: number): number {
  const writes = ['oltp', 'eventsourcing', 'dw'].includes(spec.postgres.workload)
  if (writes && cpus >= 8 && sharedBuffers >= 4096 * MB) return 64 * MB
  return Math.max(64 * kB, Math.min(floorTo(64 * kB, sharedBuffers / 32), 16 * MB))
}

function roundWork(bytes: number): number {
  return bytes >= 2 * MB ? floorTo(MB, bytes) : floorTo(workFloor, bytes)
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined
}
