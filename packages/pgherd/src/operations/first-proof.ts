import type { OperationContext } from './context.ts'
import { openRepositoryOf } from './open-repository.ts'
import { proveOrRenew, type ProvedOrRenewed } from './prove-or-renew.ts'

/**
 * A database is done when its backup has been restored and compared: takes a first backup and proves it, unless the
 * repository holds a full proof already. Undefined when there was nothing to do.
 */
export async function firstProof(context: OperationContext): Promise<ProvedOrRenewed | undefined> {
  const repository = await openRepositoryOf(context)
  if ((await repository.proofs()).some(({ verdict }) => verdict === 'proven')) return undefined
  context.report('proving a backup: restoring it into a throwaway server')
  return await proveOrRenew(context, { takeFirst: true })
}
