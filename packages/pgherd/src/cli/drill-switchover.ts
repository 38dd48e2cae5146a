import { clusterOperation } from '../operations/cluster-operation.ts'
import type { OperationContext } from '../operations/context.ts'
import { runSwitchover } from '../operations/switchover/run-switchover.ts'

/** The switchover of a drill: what `pgherd switchover` does, to the fittest standby. */
export function drillSwitchover(context: OperationContext): () => Promise<void> {
  return async () => {
    await runSwitchover({ ...clusterOperation(context, 'a drill'), request: {} })
  }
}
