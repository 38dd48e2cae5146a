import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { BackupRecord } from '../catalogue.ts'
import { formatLsn, type Lsn } from '../lsn.ts'
import type { Repository, StoreCompression } from '../repository.ts'
import { segmentNumber, segmentNumberBefore, formatSegment } from '../wal-names.ts'
import { compareWithManifest } from './compare-manifest.ts'
import { watchSilence } from './backup-silence.ts'
import { receiveBackup, type ReceivedBackup } from './receive-backup.ts'
import type { ReplicationConnection, ServerIdentity } from './replication-connection.ts'
import { verifyBaseBackup } from './verify-base-backup.ts'
import { codeOf } from './wal-failures.ts'

export interface BackupCompression {
  readonly algorithm: 'zstd' | 'gzip' | 'none'
  readonly level: number
  readonly at: 'client' | 'server'
}

export interface BaseBackupOptions {
  readonly connect: (signal?: AbortSignal) => Promise<ReplicationConnection>
  readonly repository: Repository
  readonly compression: BackupCompression
  /** Member the backup is taken from, for the record. */
  readonly takenFrom: string
  readonly signal: AbortSignal
  readonly report: (message: string, share?: number) => void
  readonly now: () => Date
  /** Resolves when WAL up to this position is durable in the repository. */
  readonly waitForArchived: (lsn: Lsn, timeline: number) => Promise<void>
  /** Findings that do not make the backup useless. */
  readonly onFinding: (finding: Diagnostic) => void
  /** Called with the size of the data before any is sent; a throw ends the backup. */
  readonly onSize?: (bytes: number) => Promise<void>
  /** Read server-compressed archives again and check them; archives compressed here are always checked on the way. */
  readonly reread?: boolean
  /**
   * For a backup taken from a standby: the end of WAL on its primary. A standby's own stop position may lie before the
   * end of the backup in time, so the archive has to reach further (pg_backup_stop: the minimum recovery point).
   */
  readonly endOfWal?: () => Promise<Pick<ServerIdentity, 'timeline' | 'lsn'>>
}

/**
 * Takes a base backup over the replication protocol. Returns when the archives, the manifest and all
 * WAL needed to use them are in the repository and every file agrees with the manifest.
 * When anything goes wrong nothing of the backup is left, and its record is never written.
 *
 * @throws DiagnosticError BACKUP_CHECKSUM_MISMATCH, BACKUP_INTERRUPTED, BACKUP_WAL_GAP, WAL_FOREIGN_SERVER, or
 * what the repository and `waitForArchived` throw.
 */
export async function takeBaseBackup(options: BaseBackupOptions): Promise<BackupRecord> {
  const { repository, report } = options
  const began = performance.now()
  const id = await freeId(options)
  const connection = await options.connect(options.signal).catch((error: unknown) => {
    throw interrupted(error, options.signal)
  })
  try {
    const server = await connection.identify()
    refuseForeign(server, repository)
    const walSegmentBytes = await connection.walSegmentBytes()
    report('waiting for the checkpoint')
    const started = { at: options.now(), monotonic: performance.now() }
    const received = await receive(options, connection, id)
    const stoppedAt = options.now()
    const files = received.stored.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 }))
    const record: BackupRecord = {
      id,
      systemId: server.systemId,
      timeline: received.stop.timeline,
      startLsn: formatLsn(received.start.lsn),
      stopLsn: formatLsn(received.stop.lsn),
      ...serverTimes(started, stoppedAt, received.label),
      serverVersion: connection.serverVersion,
      major: connection.major,
      walSegmentBytes,
      bytes: received.stored.reduce((sum, file) => sum + file.rawBytes, 0),
      storedBytes: files.reduce((sum, file) => sum + file.bytes, 0),
      seconds: 0,
      files,
      tablespaces: received.tablespaces,
      compression: options.compression.algorithm,
      encryption: repository.sealing.format,
      takenFrom: options.takenFrom,
      ...(options.endOfWal && { standby: true }),
    }
    report('checking the manifest')
    const differences = received.files
      ? compareWithManifest(received.manifest, received.files)
      : options.reread === true
        ? await verifyBaseBackup(repository, record)
        : []
    if (differences.length > 0) throw mismatch(id, differences)
    if (received.pageWarnings.length > 0) options.onFinding(damagedPages(id, received.pageWarnings))
    report(`waiting for WAL up to ${record.stopLsn}`)
    const end = await options.endOfWal?.()
    await options.waitForArchived(received.stop.lsn, received.stop.timeline)
    if (end) await options.waitForArchived(end.lsn, end.timeline)
    await requireWal(repository, received, walSegmentBytes)
    const finished = { ...record, seconds: Math.round(performance.now() - began) / 1000 }
    await repository.writeJson(`base/${id}/backup.json`, finished)
    return finished
  } catch (error) {
    await repository.remove(`base/${id}`).catch(() => undefined)
    throw interrupted(error, options.signal)
  } finally {
    await connection.close()
  }
}

/** Lets the server compress when asked and able, else compresses here. */
async function receive(
  options: BaseBackupOptions,
  connection: ReplicationConnection,
  id: string,
): Promise<ReceivedBackup> {
  const { algorithm, at } = options.compression
  const level = algorithm === 'gzip' ? Math.min(options.compression.level, 9) : options.compression.level
  const run = async (
    compression: StoreCompression,
    onServer?: { algorithm: 'gzip' | 'zstd'; level: number },
  ) => {
    const silence = watchSilence(connection, options.connect)
    try {
      return await receiveBackup({
        connection,
        repository: options.repository,
        request: { label: `pgherd ${id}`, ...(onServer && { compression: onServer }) },
        compression,
        directory: `base/${id}`,
        onSize: (bytes) => options.onSize?.(bytes) ?? Promise.resolve(),
        onProgress: progress(options.report),
        onActivity: silence.heard,
      })
    } catch (error) {
      throw silence.verdict() ?? error
    } finally {
      silence.end()
    }
  }
  if (at === 'client' || algorithm === 'none') return run({ algorithm, level })
  try {
    return await run({ algorithm: `already-${algorithm}`, level }, { algorithm, level })
  } catch (error) {
    if (!isUnsupported(error)) throw error
    options.onFinding(
      diagnose('BACKUP_COMPRESSION_UNSUPPORTED', {
        detail: `this build of the server has no ${algorithm}, so the backup is compressed by pgherd instead`,
        mend: mend.edit('backups.compression.at', 'client'),
      }),
    )
    return run({ algorithm, level })
  }
}

/** 0A000 feature_not_supported or 22023/42601: "this build does not support compression with ..." comes before any data. */
function isUnsupported(error: unknown): boolean {
  const codes = ['0A000', '22023', '42601', '42000']
  return codes.includes(codeOf(error) ?? '') && error instanceof Error && /compression/.test(error.message)
}

function progress(report: BaseBackupOptions['report']): (bytes: number, total: number) => void {
  let reported = -Infinity
  return (bytes, total) => {
    const now = performance.now()
    if (now - reported < 200) return
    reported = now
    report('copying the data', total > 0 ? Math.min(bytes / total, 1) : undefined)
  }
}

/**
 * Times by the server's clock, of which the backup label, the first file, tells the second. When ours
 * agrees with it to within two seconds ours is used, which is finer.
 */
function serverTimes(
  started: Moment,
  stoppedAt: Date,
  label: ReceivedBackup['label'],
): { startedAt: string; stoppedAt: string } {
  const ours = label && started.at.getTime() + label.seenAt - started.monotonic
  const ahead = label && ours !== undefined ? label.writtenAt * 1000 - ours : 0
  const shift = Math.abs(ahead) > 2000 ? ahead : 0
  const shifted = (date: Date) => new Date(date.getTime() + shift).toISOString()
  return { startedAt: shifted(started.at), stoppedAt: shifted(stoppedAt) }
}

interface Moment {
  readonly at: Date
  /** The same moment by performance.now(). */
  readonly monotonic: number
}

/** A name of the second that sorts after every other backup, also when the clock was set back. */
async function freeId({ repository, now }: BaseBackupOptions): Promise<string> {
  const newest = (await repository.backups()).at(-1)?.id
  const id = idOf(now())
  return newest === undefined || id > newest ? id : idOf(new Date(dateOf(newest).getTime() + 1000))
}

function idOf(date: Date): string {
  return date.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
}

function dateOf(id: string): Date {
  return new Date(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

/** All WAL from the start to the end of the backup must be there, or the backup cannot be made consistent. */
async function requireWal(
  repository: Repository,
  received: ReceivedBackup,
  segmentBytes: number,
): Promise<void> {
  const { segments, partial } = await repository.wal()
  const timeline = received.stop.timeline
  const have = new Set(segments.get(timeline))
  if (partial?.timeline === timeline) have.add(partial.segment)
  const missing: string[] = []
  const last = segmentNumberBefore(received.stop.lsn, segmentBytes)
  for (let number = segmentNumber(received.start.lsn, segmentBytes); number <= last; number++) {
    const name = formatSegment({ timeline, number }, segmentBytes)
    if (!have.has(name)) missing.push(name)
  }
  if (missing.length === 0) return
  throw new DiagnosticError(
    diagnose('BACKUP_WAL_GAP', {
      detail: `the base backup needs WAL that is not in the archive: ${missing.join(', ')}. Without it the backup cannot be restored, so it was dropped`,
      mend: mend.run('pgherd', 'backup'),
    }),
  )
}

function refuseForeign(server: ServerIdentity, repository: Repository): void {
  if (server.systemId === repository.systemId) return
  throw new DiagnosticError(
    diagnose('WAL_FOREIGN_SERVER', {
      detail: `the repository ${repository.root} belongs to the database cluster ${repository.systemId}, but the server is ${server.systemId}`,
      mend: mend.advice(
        'give the new cluster a repository of its own (backups.repository), or start the old data directory',
      ),
    }),
  )
}

function mismatch(id: string, differences: readonly string[]): DiagnosticError {
  return new DiagnosticError(
    diagnose('BACKUP_CHECKSUM_MISMATCH', {
      detail: `what arrived for backup ${id} is not what the server sent: ${sample(differences)}. The backup was dropped`,
      mend: mend.run('pgherd', 'backup'),
    }),
  )
}

function damagedPages(id: string, warnings: readonly string[]): Diagnostic {
  return diagnose('BACKUP_PAGE_CHECKSUM', {
    detail: `while backup ${id} was taken the server found damaged pages: ${sample(warnings)}. The backup holds the same damage; an older one may not`,
    mend: mend.run('pgherd', 'prove'),
  })
}

function sample(texts: readonly string[]): string {
  return texts.slice(0, 10).join('; ') + (texts.length > 10 ? `; and ${texts.length - 10} more` : '')
}

/** Whatever ended the backup, as a finding; findings stay as they are. */
function interrupted(error: unknown, signal: AbortSignal): Error {
  if (error instanceof DiagnosticError) return error
  const why = signal.aborted ? 'it was stopped' : error instanceof Error ? error.message : String(error)
  return new DiagnosticError(
    diagnose('BACKUP_INTERRUPTED', {
      detail: `the base backup did not finish: ${why}. What was written of it has been removed; older backups are untouched`,
      mend: mend.run('pgherd', 'backup'),
    }),
    { cause: error },
  )
}
