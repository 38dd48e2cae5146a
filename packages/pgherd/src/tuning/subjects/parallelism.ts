import { workerProcesses } from '../memory-plan.ts'
import { clamp } from '../size-text.ts'
import { tuned, type Subject } from '../subject.ts'

/** Parallel query and background workers. */
export const parallelism: Subject = {
  name: 'parallelism',
  settings: (sizing, plan) => {
    const { cpus, workload } = sizing
    const most = Math.min(workload.parallelCap, plan.parallelWorkers)
    const perGather = cpus === 1 ? 0 : clamp(1, Math.floor(cpus * workload.parallelShare), most)
    const maintenance = cpus === 1 ? 0 : clamp(1, Math.floor(cpus / 2), Math.min(4, plan.parallelWorkers))
    const processes = workerProcesses(sizing, plan)
    const many = `${cpus} ${cpus === 1 ? 'processor' : 'processors'}`
    return [
      tuned(
        'max_worker_processes',
        processes,
        `${plan.parallelWorkers} for parallel queries, the rest for extensions and replication`,
      ),
      tuned(
        'max_parallel_workers',
        plan.parallelWorkers,
        `all queries together: no more than ${many} and the memory can carry`,
      ),
      tuned(
        'max_parallel_workers_per_gather',
        perGather,
        `one query takes at most this many of ${many}; ${workload.what}`,
      ),
      tuned(
        'max_parallel_maintenance_workers',
        maintenance,
        `half of ${many}, at most 4, for one index build`,
      ),
    ]
  },
}
