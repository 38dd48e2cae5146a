import { tuned, type Subject } from '../subject.ts'
import type { Spec } from '../../spec/schema.ts'

/** Cost of a random page against a sequential one; PostgreSQL's 4.0 is for spinning disks. */
const randomPageCost: Readonly<Record<Spec['postgres']['storage'], number>> = {
  nvme: 1.1,
  ssd: 1.1,
  san: 1.3,
  hdd: 4,
}

/** What the planner believes about the machine and the data. */
export const planner: Subject = {
  name: 'planner',
  settings: ({ spec, workload }) => [
    tuned(
      'random_page_cost',
      randomPageCost[spec.postgres.storage],
      `on ${spec.postgres.storage} a random read costs ${randomPageCost[spec.postgres.storage]} times a sequential one`,
    ),
    tuned(
      'default_statistics_target',
      workload.statisticsTarget,
      `ANALYZE samples ${300 * workload.statisticsTarget} rows per table: ${workload.statisticsTarget > 100 ? 'large queries repay better estimates' : 'enough for'} ${workload.what}`,
    ),
    tuned(
      'jit',
      workload.jit ? 'on' : 'off',
      workload.jit
        ? 'large queries repay compilation'
        : `compiling takes longer than it saves with ${workload.what}`,
    ),
  ],
}
