import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import type { ClusterOperation } from '../cluster-operation.ts'
import { withPausedPools } from '../paused-pools.ts'

/** How long open transactions may take to end before their sessions are cut with the server. */
const drainMs = 5000

/** Why the pools are not paused: nothing a restore must wait for. */
const tolerable: readonly string[] = ['POOLS_BUSY', 'POOLS_PAUSED', 'POOLER_UNREACHABLE', 'POOLER_REFUSED']

/**
 * Does something while clients are held back in the pools, so that most of them wait instead of failing. Unlike a
 * switchover a restore goes on when they cannot be: what clients are writing is about to be replaced anyway. Past
 * `atMostMs` the pools are resumed, and clients get the errors they would get after pooler.queryWait in any case.
 */
export async function holdingClients<T>(
  operation: ClusterOperation,
  name: string,
  atMostMs: number,
  work: () => Promise<T>,
): Promise<T> {
  operation.report('holding clients back in the pools')
  let begun = false
  let done: { readonly value: T } | undefined
  try {
    await withPausedPools(operation, { operation: name, drainMs, atMostMs }, async () => {
      begun = true
      done = { value: await work() }
    })
  } catch (error) {
    // of what goes wrong with the pools afterwards their guard and the agent take care
    if ((begun && !done) || !isTolerable(error)) throw error
  }
  return done ? done.value : await work()
}

function isTolerable(error: unknown): boolean {
  return error instanceof DiagnosticError && error.diagnostics.every(({ code }) => tolerable.includes(code))
}
