import { buildData, type Built } from '../backup/restore/build-data.ts'
import { Scratch } from '../backup/restore/scratch.ts'
import type { OperationContext } from './context.ts'
import { renderedPreload } from './rendered-preload.ts'
import { outside, type PreparedRestore } from './restore-plan.ts'

/**
 * Builds the restored data directory in `data`, an empty one of the run-as user, with the scratch directory of the member
 * of the context. Throws DiagnosticError RESTORE_*, BACKUP_FILE_*.
 *
 * @param tablespaces where each tablespace comes to lie, by its oid
 * @param slot a physical replication slot to make before anybody else can write
 */
export async function buildRestored(
  context: OperationContext,
  { repository, view, backup, plan, recoveryTarget, mustBeReached, end }: PreparedRestore,
  data: string,
  tablespaces: ReadonlyMap<number, string>,
  slot?: string,
): Promise<Built> {
  const { member, facts, signal, report } = context
  await using scratch = await Scratch.make(member.paths.scratch, 'restore', facts.runAs)
  const built = await buildData({
    repository,
    view,
    backup,
    timeline: plan.timeline,
    target: recoveryTarget,
    end,
    data,
    tablespaces,
    liveData: member.paths.data,
    scratch,
    postgres: facts.postgres,
    runAs: facts.runAs,
    invoker: facts.invoker,
    preload: await renderedPreload(context),
    // Replay is quicker with more; beside a live server a sixteenth of the memory does no harm.
    sharedBuffersBytes: Math.min(2 ** 30, Math.max(64 * 2 ** 20, facts.memoryBytes / 16)),
    ...(slot !== undefined && { slot }),
    signal,
    report,
  })
  if (mustBeReached && !built.stoppedAtTarget) {
    throw outside(
      `the archive of timeline ${plan.timeline} ends before ${plan.target}, with a commit at ${built.time ?? 'an unknown time'}`,
      built.time ?? undefined,
    )
  }
  return built
}
