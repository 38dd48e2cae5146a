import { required, tuned, type Subject } from '../subject.ts'
import { roughSize, sizeText } from '../size-text.ts'
import type { Spec } from '../../spec/schema.ts'

/** Cost units a vacuum may spend before it sleeps 2 ms; PostgreSQL's 200 dates from spinning disks. */
const costLimit: Readonly<Record<Spec['postgres']['storage'], number>> = {
  hdd: 200,
  san: 800,
  ssd: 1000,
  nvme: 2000,
}

/** Cleaning up: always on, sooner than the defaults, within its share of memory and I/O. */
export const autovacuum: Subject = {
  name: 'autovacuum',
  settings: ({ spec, workload, cpus }, plan) => {
    const limit = costLimit[spec.postgres.storage]
    const percent = (share: number) => `${Number((share * 100).toFixed(2))} %`
    return [
      required(
        'autovacuum',
        'on',
        'without it tables bloat and transaction ids run out until the database stops',
      ),
      required('track_counts', 'on', 'autovacuum finds its work in these counts'),
      tuned(
        'autovacuum_max_workers',
        plan.autovacuumWorkers,
        `enough for ${cpus} processors; they share one I/O budget, so more are not faster`,
      ),
      tuned(
        'autovacuum_worker_slots',
        Math.max(16, plan.autovacuumWorkers),
        'room to raise autovacuum_max_workers without a restart',
      ),
      tuned(
        'autovacuum_work_mem',
        sizeText(plan.autovacuumEach),
        `${plan.autovacuumWorkers} workers together take ${roughSize(plan.autovacuumWorkers * plan.autovacuumEach)}, instead of maintenance_work_mem each`,
      ),
      tuned(
        'autovacuum_vacuum_cost_limit',
        limit,
        `${limit} units between two pauses of 2 ms keep up with ${spec.postgres.storage} without slowing users`,
      ),
      tuned(
        'autovacuum_vacuum_scale_factor',
        workload.vacuumScale,
        `cleans a table when ${percent(workload.vacuumScale)} of its rows are dead (PostgreSQL waits for 20 %)`,
      ),
      tuned(
        'autovacuum_vacuum_insert_scale_factor',
        workload.insertScale,
        `visits a table that only grows after ${percent(workload.insertScale)} new rows: index-only scans work and freezing is done in small parts`,
      ),
      tuned(
        'autovacuum_analyze_scale_factor',
        workload.analyzeScale,
        `refreshes statistics after ${percent(workload.analyzeScale)} of the rows changed`,
      ),
      tuned('log_autovacuum_min_duration', '1s', 'vacuums that take more than a second are worth a line'),
    ]
  },
}
