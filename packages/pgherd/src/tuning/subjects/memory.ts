import { required, tuned, type Subject } from '../subject.ts'
import { roughSize, sizeText } from '../size-text.ts'

/** Who gets how much memory. The bound counts hash_mem_multiplier and the pool, which the usual calculators forget. */
export const memory: Subject = {
  name: 'memory',
  settings: ({ memoryOrigin, workload, spec }, plan) => [
    tuned(
      'shared_buffers',
      sizeText(plan.sharedBuffers),
      `a quarter of ${memoryOrigin}; the rest serves sessions and the page cache`,
    ),
    tuned(
      'effective_cache_size',
      sizeText(plan.cache),
      `what the planner may expect to find cached: ${roughSize(plan.sharedBuffers)} of shared buffers and the memory not promised to sessions; nothing is allocated`,
    ),
    tuned(
      'work_mem',
      sizeText(plan.workMem),
      `so that ${plan.maxConnections} sessions and ${plan.parallelWorkers} parallel workers can each hash with ${plan.hashMultiplier} times this and still fit into ${memoryOrigin}; fits ${workload.what}`,
    ),
    tuned(
      'hash_mem_multiplier',
      plan.hashMultiplier,
      'hashes may take twice work_mem; counted into the bound of work_mem',
    ),
    tuned(
      'maintenance_work_mem',
      sizeText(plan.maintenance),
      `${workload.maintenanceShare === 1 / 8 ? 'an eighth' : 'a sixteenth'} of ${memoryOrigin}, at most ${roughSize(workload.maintenanceCap)}: one index build or manual vacuum at a time`,
    ),
    tuned(
      'huge_pages',
      'try',
      `used for the ${roughSize(plan.sharedBuffers)} of shared memory where the system has them; the server starts without them too`,
    ),
    required('shared_memory_type', 'mmap', 'anonymous memory needs no kernel limits raised'),
    tuned(
      'track_activity_query_size',
      '4kB',
      `long statements stay readable in pg_stat_activity; costs 4 kB for each of ${plan.maxConnections} sessions of the ${spec.postgres.workload} workload`,
    ),
  ],
}
