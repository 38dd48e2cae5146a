import { PoolerAdmin } from '../cluster/pooler-admin.ts'
import type { ClusterOperation } from './cluster-operation.ts'
import { PauseGuard } from './switchover/pause-guard.ts'
import { resumeOver, resumePools } from './switchover/resume-pools.ts'

export interface PauseOptions {
  readonly operation: string
  /** How long open transactions may take to end, in milliseconds; then the pause is called off. */
  readonly drainMs: number
  /** How long the pools may be paused at most, in milliseconds. */
  readonly atMostMs: number
}

/**
 * Does something while the pools are paused, so that clients wait instead of failing. Whatever happens, they are resumed:
 * by this function, by the guard's process when this one is killed, or by the agent (`resumeForgottenPools`).
 * Throws DiagnosticError POOLS_PAUSED, and what PAUSE and `work` throw.
 *
 * @returns what `work` gave, and for how long clients waited in milliseconds
 */
export async function withPausedPools<T>(
  { access }: Pick<ClusterOperation, 'access'>,
  options: PauseOptions,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly pausedMs: number }> {
  const guard = await PauseGuard.start(access, options)
  let resumed = false
  try {
    await using admin = await PoolerAdmin.connect(access)
    const began = performance.now()
    try {
      await admin.pause(options.drainMs)
      return { value: await work(), pausedMs: Math.round(performance.now() - began) }
    } finally {
      await resumeOver(admin).catch(() => resumePools(access))
      resumed = true
    }
  } finally {
    if (resumed) guard.release()
    else guard.trip()
  }
}
