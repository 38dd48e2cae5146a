import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { ClusterOperation } from './cluster-operation.ts'
import { restartBudget } from './pause-budget.ts'
import { withPausedPools } from './paused-pools.ts'
import { writableBehindRoute } from './switchover/writable.ts'
import { waitUntil } from './wait-until.ts'

/**
 * Does what takes the primary away for a moment while clients wait in the paused pools, until writes succeed again through
 * the write port. Throws DiagnosticError POOLS_BUSY when transactions stay open: nothing was done then; POOLS_PAUSED, and
 * what `work` throws.
 *
 * @param what `restart PostgreSQL of pg1`, for people
 */
export async function whileClientsWait(
  { access, signal }: Pick<ClusterOperation, 'access' | 'signal'>,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  const { drainMs, atMostMs } = restartBudget(access.topology.spec)
  await withPausedPools({ access }, { operation: `pgherd up (${what})`, drainMs, atMostMs }, async () => {
    const until = performance.now() + atMostMs - drainMs
    await work()
    // what does not come back in time is for whoever looks next to say; clients go on and find out
    await waitUntil(() => writableBehindRoute(access), { ms: until - performance.now(), signal, pollMs: 100 })
  }).catch((error: unknown) => {
    if (!(error instanceof DiagnosticError) || !error.diagnostics.some(({ code }) => code === 'POOLS_BUSY'))
      throw error
    throw new DiagnosticError(
      diagnose('POOLS_BUSY', {
        detail: `to ${what} would break transactions that were still open after ${drainMs / 1000} s, so that was left out; what was done before stays`,
        mend: mend.advice(
          'wait for these transactions or end them (pgherd health names long ones), then run: pgherd up',
        ),
      }),
      { cause: error },
    )
  })
}
