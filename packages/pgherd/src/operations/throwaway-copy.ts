import { parseLsn } from '../backup/lsn.ts'
import { LiveServer } from '../backup/proof/live-server.ts'
import type { BackupRecord } from '../backup/catalogue.ts'
import type { Repository } from '../backup/repository.ts'
import { describeRepository } from '../backup/repository/open-repository.ts'
import { onNewestCopy, type NewestCopy } from '../backup/restore/newest-copy.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { OperationContext } from './context.ts'
import { liveAddress } from './live-address.ts'
import { openRepositoryOf } from './open-repository.ts'
import { renderedPreload } from './rendered-preload.ts'

export interface ThrowawayCopy extends NewestCopy {
  /** Id of the backup it was made from. */
  readonly backup: string
  /** Whether it has all that the live server had when it was asked for; false when that was down or its WAL was not archived. */
  readonly isNewest: boolean
}

/** The archive is a few seconds behind; longer means that nobody archives. */
const archiveTimeoutSeconds = 30

/**
 * Runs `work` on a throwaway server made from the newest backup and everything archived since. The live server is asked
 * how far it is and nothing more; when it is down, the archive is taken as it is.
 *
 * @param users roles of the database whose sessions the copy lets in
 * @throws DiagnosticError REHEARSAL_NO_BACKUP, RESTORE_*, BACKUP_*.
 */
export async function onThrowawayCopy<T>(
  context: OperationContext,
  users: readonly string[],
  work: (copy: ThrowawayCopy) => Promise<T>,
): Promise<T> {
  const { member, facts, signal, report } = context
  const { repository, backup } = await newestBackup(context)
  const address = await liveAddress(context)
  await using live = address && (await LiveServer.reach(address))
  const isNewest = live !== undefined && (await isArchived(live, repository, context))
  const options = {
    repository,
    backup,
    liveData: member.paths.data,
    scratch: member.paths.scratch,
    postgres: facts.postgres,
    runAs: facts.runAs,
    invoker: facts.invoker,
    preload: live?.preload ?? (await renderedPreload(context)),
    // as a restore: what is built on the copy is quicker with more, and beside a live server this does no harm
    sharedBuffersBytes: Math.min(2 ** 30, Math.max(64 * 2 ** 20, facts.memoryBytes / 16)),
    users,
    signal,
    report,
  }
  return await onNewestCopy(options, (copy) => work({ ...copy, backup: backup.id, isNewest }))
}

/** The newest backup of the repository. Throws DiagnosticError REHEARSAL_NO_BACKUP, and what opening the repository throws. */
export async function newestBackup(
  context: OperationContext,
): Promise<{ readonly repository: Repository; readonly backup: BackupRecord }> {
  // opening makes one where there is none
  const there = await describeRepository(context.member.paths.repository)
  const repository = there && (await openRepositoryOf(context))
  const backup = (await repository?.backups())?.at(-1)
  if (repository && backup) return { repository, backup }
  throw new DiagnosticError(
    diagnose('REHEARSAL_NO_BACKUP', {
      detail: 'the repository holds no finished backup, and a rehearsal is made on a restored one',
      mend: mend.run('pgherd', 'backup'),
    }),
  )
}

/** Waits until the archive has what is committed now. */
async function isArchived(
  live: LiveServer,
  repository: Repository,
  { report, signal }: OperationContext,
): Promise<boolean> {
  report('waiting for the archive')
  const { rows } = await live.heartbeat.client.query<{ lsn: string }>(
    'select pg_catalog.pg_current_wal_flush_lsn()::text as lsn',
  )
  return await live.waitForArchived(
    parseLsn(rows[0]?.lsn ?? '0/0'),
    repository,
    archiveTimeoutSeconds,
    signal,
  )
}
