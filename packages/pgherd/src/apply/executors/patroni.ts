import type { ApplyTools, Executor } from '../executor.ts'

export const patchDynamicConfig: Executor<'patch-dynamic-config'> = ({ patch }, tools) =>
  patroni(tools).patchConfig(patch)

export const restartPostgres: Executor<'restart-postgres'> = ({ member }, tools) =>
  patroni(tools).restart(member)

function patroni({ cluster }: ApplyTools): NonNullable<ApplyTools['cluster']> {
  if (!cluster) throw new Error('a single server has no Patroni')
  return cluster
}
