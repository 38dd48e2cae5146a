import type { Spec } from '../spec/schema.ts'
import { GB, MB } from './size-text.ts'

export type Workload = Spec['postgres']['workload']

/** What a workload asks for, in numbers. */
export interface WorkloadTraits {
  /** In words, for reasons. */
  readonly what: string
  /** Share of memory for sorts and hashes of all sessions together, and the most one of them gets. */
  readonly workShare: number
  readonly workCap: number
  readonly maintenanceShare: number
  readonly maintenanceCap: number
  /** WAL between two checkpoints when the volume is large enough. */
  readonly maxWal: number
  /** Share of the processors one query may use, and the most workers it gets. */
  readonly parallelShare: number
  readonly parallelCap: number
  readonly jit: boolean
  readonly statisticsTarget: number
  /** Share of a table's rows that may be dead, changed or newly inserted before autovacuum comes. */
  readonly vacuumScale: number
  readonly analyzeScale: number
  readonly insertScale: number
  /** Seconds. */
  readonly idleInTransaction: number
  readonly slowStatement: number
  /** Share of the volume one session's temporary files may take. */
  readonly tempShare: number
}

const short = {
  workShare: 0.25,
  workCap: 128 * MB,
  maintenanceShare: 1 / 16,
  maintenanceCap: 2 * GB,
  parallelShare: 0.5,
  parallelCap: 2,
  jit: false,
  statisticsTarget: 100,
  vacuumScale: 0.1,
  analyzeScale: 0.05,
  insertScale: 0.2,
  idleInTransaction: 300,
  slowStatement: 1,
  tempShare: 0.2,
}

export const workloads: Readonly<Record<Workload, WorkloadTraits>> = {
  oltp: { ...short, what: 'many short transactions that write', maxWal: 8 * GB },
  web: { ...short, what: 'many short reads and few writes', maxWal: 4 * GB },
  mixed: {
    ...short,
    what: 'short transactions and reports',
    workShare: 0.3,
    workCap: 256 * MB,
    maxWal: 4 * GB,
    parallelCap: 4,
  },
  // Events are appended and read back by stream, never updated: little to sort, a steady stream of WAL, and
  // vacuum matters for freezing and the visibility map (autovacuum_vacuum_insert_*), not for dead rows.
  eventsourcing: {
    ...short,
    what: 'events appended and read back by stream',
    workShare: 0.2,
    maxWal: 8 * GB,
    insertScale: 0.05,
    analyzeScale: 0.02,
  },
  dw: {
    what: 'few large queries',
    workShare: 0.45,
    workCap: 2 * GB,
    maintenanceShare: 1 / 8,
    maintenanceCap: 8 * GB,
    maxWal: 16 * GB,
    parallelShare: 0.5,
    parallelCap: 32,
    jit: true,
    statisticsTarget: 500,
    vacuumScale: 0.05,
    analyzeScale: 0.05,
    insertScale: 0.2,
    idleInTransaction: 1800,
    slowStatement: 10,
    tempShare: 0.4,
  },
}
