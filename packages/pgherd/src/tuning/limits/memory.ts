import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { planMemory, worstCase } from '../memory-plan.ts'
import type { Sizing } from '../sizing.ts'
import { MB, roughSize, sizeText } from '../size-text.ts'
import type { Limit } from './limit.ts'

/** Below this an ordinary sort of a few thousand rows goes to disk. */
const smallWork = MB

/** Settings of the spec that the worst case counts. */
const counted = [
  'shared_buffers',
  'work_mem',
  'hash_mem_multiplier',
  'maintenance_work_mem',
  'autovacuum_work_mem',
  'autovacuum_max_workers',
  'max_connections',
  'max_parallel_workers',
  'wal_buffers',
]

/** The most memory all sessions can take at once is there. */
export const memory: Limit = (sizing, plan) => {
  const most = worstCase(plan)
  const sessions = `${plan.maxConnections} sessions`
  if (most > sizing.memory) {
    const chosen = counted.filter((name) => sizing.overrides.has(name))
    if (chosen.length > 0 && worstCase(planMemory({ ...sizing, overrides: new Map() })) <= sizing.memory) {
      return [
        diagnose('MEMORY_OVERCOMMITTED', {
          detail: `with ${chosen.join(', ')} of postgres.settings, ${sessions} and their workers can take ${roughSize(most)}; there are ${sizing.memoryOrigin}. Then the kernel kills the server`,
          mend: mend.advice(`remove postgres.settings.${chosen[0]}, or raise postgres.memory`),
          at: { path: `postgres.settings.${chosen[0]}` },
        }),
      ]
    }
    const fits = connectionsThatFit(sizing)
    return [
      diagnose('MEMORY_TOO_SMALL', {
        detail: `${sessions} need at least ${roughSize(most)}, and there are ${sizing.memoryOrigin}; under load the kernel would kill the server`,
        mend:
          fits > 0
            ? mend.edit('postgres.connections', fits)
            : mend.edit('postgres.memory', sizeText(Math.ceil(most / MB) * MB)),
        at: { path: 'postgres.connections' },
      }),
    ]
  }
  if (plan.workMem >= smallWork || sizing.overrides.has('work_mem')) return []
  return [
    diagnose('WORK_MEM_SMALL', {
      detail: `${sessions} leave each only ${sizeText(plan.workMem)} of ${sizing.memoryOrigin}, so that ordinary sorts go to disk`,
      mend: mend.advice(
        'lower postgres.connections (a pool of 2 to 4 sessions per processor is usually enough), or raise postgres.memory',
      ),
      at: { path: 'postgres.connections' },
    }),
  ]
}

/** The largest pool whose sessions still get a work_mem that is not small; 0 when none does. */
function connectionsThatFit(sizing: Sizing): number {
  const fits = (connections: number) => {
    const spec = { ...sizing.spec, postgres: { ...sizing.spec.postgres, connections } }
    const plan = planMemory({ ...sizing, spec })
    return plan.workMem >= smallWork && worstCase(plan) <= sizing.memory
  }
  let low = 0
  let high = sizing.spec.postgres.connections
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}
