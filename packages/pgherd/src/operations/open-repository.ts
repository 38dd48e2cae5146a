import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Repository } from '../backup/repository.ts'
import { describeRepository, openRepository } from '../backup/repository/open-repository.ts'
import { parseControlFile } from '../backup/restore/control-file.ts'
import { openSealing } from '../backup/sealing/registry.ts'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { OperationContext } from './context.ts'
import { replicationAccess } from './replication-access.ts'

/**
 * Opens the backup repository of a database, creating it on first use.
 *
 * @throws DiagnosticError BACKUP_REPOSITORY_*, BACKUP_KEY_*, what `readSecret` throws, and BACKUP_CLUSTER_UNKNOWN when
 * neither the data directory, the server nor the repository says which cluster this is.
 */
export async function openRepositoryOf(context: OperationContext): Promise<Repository> {
  const { spec, member, facts } = context
  const plain = spec.backups.encryption === 'none'
  return openRepository({
    root: member.paths.repository,
    systemId: await systemIdOf(context),
    name: spec.name,
    sealing: openSealing(plain ? 'none' : 'age', plain ? '' : await context.readSecret('backup-key')),
    owner: facts.runAs,
  })
}

/**
 * The cluster's system identifier: from its control file, which needs no server; from the server, when the
 * file cannot be read; and when the data directory is lost, which is what backups are for, from the repository.
 */
async function systemIdOf(context: OperationContext): Promise<string> {
  const { paths } = context.member
  const control = await readFile(join(paths.data, 'global/pg_control')).then(readSystemId, () => undefined)
  if (control !== undefined) return control
  const server = await askServer(context).catch(() => undefined)
  if (server !== undefined) return server
  const repository = await describeRepository(paths.repository)
  if (repository) return repository.systemId
  throw new DiagnosticError(
    diagnose('BACKUP_CLUSTER_UNKNOWN', {
      detail: `there is no data directory in ${paths.data}, no server answers and ${paths.repository} holds no repository, so there is nothing to back up or to restore from`,
      mend: mend.run('pgherd', 'up'),
      at: { member: context.member.name },
    }),
  )
}

/** Undefined for a format that this version does not know: then the server is asked. */
function readSystemId(bytes: Buffer): string | undefined {
  try {
    return parseControlFile(bytes).systemId
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

async function askServer(context: OperationContext): Promise<string> {
  const connection = await replicationAccess(context, 'pgherd')(context.signal)
  try {
    return (await connection.identify()).systemId
  } finally {
    await connection.close()
  }
}
