import { buffer } from 'node:stream/consumers'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Repository } from '../repository.ts'
import { historyOfAncestor, parseHistory, sameHistory, type TimelineHistory } from '../timelines.ts'
import { historyName } from '../wal-names.ts'
import { pieces } from './partial-segment.ts'
import type { ReplicationConnection } from './replication-connection.ts'
import { ArchiveWriteError } from './wal-session.ts'

/**
 * Puts the history of a server's timeline and those of its ancestors into the repository, where they are missing;
 * returns the ancestors. Only the newest is asked for: a member that was cloned later has none of the others.
 *
 * @throws DiagnosticError WAL_TIMELINE_TAKEN when the archive holds another timeline of the same number;
 * ArchiveWriteError; what the server says.
 */
export async function archiveHistories(
  connection: Pick<ReplicationConnection, 'timelineHistory'>,
  repository: Repository,
  timeline: number,
): Promise<TimelineHistory> {
  if (timeline === 1) return []
  const { content } = await connection.timelineHistory(timeline)
  const history = parseHistory(content)
  for (const each of [...history.map((row) => row.timeline), timeline]) {
    if (each === 1) continue
    const text = each === timeline ? content : historyOfAncestor(content, each)
    const kept = await archivedHistory(repository, each)
    if (!kept) await store(repository, each, text)
    else if (!sameHistory(kept, parseHistory(text))) throw timelineTaken(each, repository.root)
  }
  return history
}

/** Undefined when there is none, or one that cannot be read, which is then stored anew. */
async function archivedHistory(
  repository: Repository,
  timeline: number,
): Promise<TimelineHistory | undefined> {
  if (!(await repository.wal()).histories.includes(timeline)) return undefined
  try {
    const bytes = await buffer(await repository.open(`wal/${historyName(timeline)}`))
    return parseHistory(bytes.toString('latin1'))
  } catch {
    return undefined
  }
}

async function store(repository: Repository, timeline: number, text: string): Promise<void> {
  try {
    await repository.store(`wal/${historyName(timeline)}`, pieces(Buffer.from(text, 'utf8')), {
      algorithm: 'none',
      level: 0,
    })
  } catch (error) {
    throw new ArchiveWriteError(error)
  }
}

/** Each of two servers was promoted without knowing of the other, and both took the next number. */
function timelineTaken(timeline: number, root: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('WAL_TIMELINE_TAKEN', {
      detail: `the archive in ${root} holds another timeline ${timeline} than the one this server has been through: two servers were promoted without knowing of each other. Archiving on would mix them`,
      mend: mend.advice(
        'keep the repository as it is, name a new one in backups.repository, then run pgherd up and pgherd backup',
      ),
    }),
  )
}
