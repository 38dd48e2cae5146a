import type { StoredFile } from '../catalogue.ts'
import { parseLsn, type Lsn } from '../lsn.ts'
import type { Repository, StoreCompression } from '../repository.ts'
import { compressing } from '../repository/compression.ts'
import { ByteQueue } from './byte-queue.ts'
import { compressQueue } from './compress-queue.ts'
import type { BaseBackupRequest, ReplicationConnection } from './replication-connection.ts'
import type { ResultSet } from './replication-command.ts'
import { TarDigest, type TarEntry } from './tar-digest.ts'

export interface ReceivedBackup {
  readonly start: { readonly lsn: Lsn; readonly timeline: number }
  readonly stop: { readonly lsn: Lsn; readonly timeline: number }
  readonly tablespaces: readonly { readonly oid: number; readonly location: string }[]
  readonly stored: readonly (StoredFile & { readonly rawBytes: number })[]
  readonly manifest: Buffer
  /** Files by their path in the data directory; undefined when the server compressed the archives. */
  readonly files: ReadonlyMap<string, TarEntry> | undefined
  /** Server clock in seconds when the backup label was written, and when it arrived by performance.now(); when it could be read. */
  readonly label: { readonly writtenAt: number; readonly seenAt: number } | undefined
  /** The server's warnings about pages whose checksum is wrong. */
  readonly pageWarnings: readonly string[]
}

export interface ReceiveOptions {
  readonly connection: ReplicationConnection
  readonly repository: Repository
  readonly request: BaseBackupRequest
  readonly compression: StoreCompression
  /** Directory of the backup below the repository: `base/<id>`. */
  readonly directory: string
  /** Called when the server has said how much there is, and waited for; a rejection ends the backup. */
  readonly onSize: (bytes: number) => Promise<void>
  readonly onProgress: (bytes: number, total: number) => void
  /** Called with each sign of life, and with false while the repository holds reading back. */
  readonly onActivity: (reading: boolean) => void
}

const blockBytes = 1 << 20
const blocks = 4

interface Sink {
  readonly queue: ByteQueue
  readonly digest: TarDigest | undefined
  readonly prefix: string
  readonly stored: Promise<StoredFile & { readonly rawBytes: number }>
}

/**
 * Runs BASE_BACKUP and stores its archives and manifest (PostgreSQL documentation, 55.4, BASE_BACKUP):
 * two result sets, then copy data tagged n (new archive), m (manifest), d (bytes), p (progress), then
 * a last result set with the end of the backup.
 */
export async function receiveBackup(options: ReceiveOptions): Promise<ReceivedBackup> {
  const { connection, repository, request, directory } = options
  const sinks: Sink[] = []
  const manifestPieces: Buffer[] = []
  const pageWarnings: string[] = []
  let tablespaces: ReceivedBackup['tablespaces'] = []
  let total = 0
  let received = 0
  let start: ReceivedBackup['start'] | undefined
  let current: Sink | undefined
  let inManifest = false
  let label: ReceivedBackup['label']
  let failure: Error | undefined
  let end: ResultSet | undefined

  const fail = (error: Error) => {
    failure ??= error
    connection.destroy(error)
  }
  const open = (
    name: string,
    prefix: string,
    digest: TarDigest | undefined,
    compression: StoreCompression,
  ) => {
    current?.queue.end()
    const queue = new ByteQueue({
      blockBytes,
      blocks,
      onFull: () => {
        options.onActivity(false)
        connection.pause()
      },
      onRoom: () => {
        options.onActivity(true)
        connection.resume()
      },
    })
    const stored = store(repository, `${directory}/${name}`, queue, compression).then((file) => ({
      ...file,
      rawBytes: queue.bytes,
    }))
    stored.catch(fail)
    current = { queue, digest, prefix, stored }
    sinks.push(current)
  }
  connection.onNotice = (severity, message) => {
    if (severity === 'WARNING' && /checksum/i.test(message)) pageWarnings.push(message)
  }

  const command = connection.baseBackup(request, {
    onResult: (result, index) => {
      options.onActivity(true)
      if (index === 0) start = endpoint(result)
      else if (index === 1) {
        const rows = result.rows.map(([oid, location, kilobytes]) => ({
          oid,
          location,
          kilobytes: Number(kilobytes ?? 0),
        }))
        total = rows.reduce((sum, row) => sum + row.kilobytes * 1024, 0)
        tablespaces = rows.flatMap(({ oid, location }) =>
          oid != null && location != null ? [{ oid: Number(oid), location }] : [],
        )
        connection.pause()
        options.onSize(total).then(() => connection.resume(), fail)
      } else end = result
    },
    onCopyData: (chunk) => {
      if (failure) return
      options.onActivity(true)
      switch (String.fromCharCode(chunk[0] ?? 0)) {
        case 'n': {
          const stored = chunk.toString('utf8', 1, chunk.indexOf(0, 1))
          const name = stored.replace(/\.(gz|zst)$/, '')
          const oid = /^(\d+)\.tar$/.exec(name)?.[1]
          inManifest = false
          open(
            name,
            oid === undefined ? '' : `pg_tblspc/${oid}/`,
            request.compression ? undefined : new TarDigest(),
            options.compression,
          )
          break
        }
        case 'm':
          inManifest = true
          // the server never compresses the manifest
          open('backup_manifest', '', undefined, ownCompression(options.compression))
          break
        case 'd': {
          const bytes = chunk.subarray(1)
          current?.digest?.push(bytes)
          if (!label && current?.digest)
            label = { writtenAt: current.digest.modifiedAt, seenAt: performance.now() }
          if (inManifest) manifestPieces.push(Buffer.from(bytes))
          current?.queue.write(bytes)
          received += bytes.length
          if (!request.compression) options.onProgress(received, total)
          break
        }
        case 'p':
          // comes once a second; what the server compressed cannot be counted here
          if (request.compression) options.onProgress(Number(chunk.readBigInt64BE(1)), total)
          break
      }
    },
    onCopyDone: () => current?.queue.end(),
  })
  try {
    await command.done.catch((error: unknown) => {
      // Damaged pages are reported as an error after everything has been sent: the backup is whole, the data is not.
      if (end && isDataCorrupted(error) && pageWarnings.length > 0) return
      throw failure ?? error
    })
    const stored = await Promise.all(sinks.map((sink) => sink.stored))
    if (!start || !end) throw new Error('the server ended the backup without saying where')
    for (const sink of sinks) sink.digest?.end()
    const files = request.compression ? undefined : mergeFiles(sinks)
    const manifest = Buffer.concat(manifestPieces)
    return { start, stop: endpoint(end), tablespaces, stored, manifest, files, label, pageWarnings }
  } catch (error) {
    for (const sink of sinks) sink.queue.fail(error instanceof Error ? error : new Error(String(error)))
    await Promise.allSettled(sinks.map((sink) => sink.stored))
    throw error
  }
}

/** Compresses here, where blocks need no copying, and leaves the rest to the repository. */
function store(
  repository: Repository,
  name: string,
  queue: ByteQueue,
  compression: StoreCompression,
): Promise<StoredFile> {
  const { algorithm, level } = compression
  if (algorithm !== 'zstd' && algorithm !== 'gzip') return repository.store(name, queue, compression)
  // every file of it is compared with its SHA-256 in the manifest when it is read
  const { stream } = compressing(compression, false)
  return repository.store(name, stream ? compressQueue(queue, stream) : queue, {
    algorithm: `already-${algorithm}`,
    level,
  })
}

/** Compression for what is not compressed yet. */
export function ownCompression(compression: StoreCompression): StoreCompression {
  if (compression.algorithm === 'already-gzip') return { ...compression, algorithm: 'gzip' }
  return compression.algorithm === 'already-zstd' ? { ...compression, algorithm: 'zstd' } : compression
}

function endpoint(result: ResultSet): { lsn: Lsn; timeline: number } {
  const [lsn, timeline] = result.rows[0] ?? []
  return { lsn: parseLsn(lsn ?? ''), timeline: Number(timeline) }
}

function mergeFiles(sinks: readonly Sink[]): ReadonlyMap<string, TarEntry> {
  return new Map(
    sinks.flatMap(({ digest, prefix }) =>
      [...(digest?.files ?? [])].map(([name, entry]) => [`${prefix}${name}`, entry] as const),
    ),
  )
}

/** SQLSTATE XX001, data_corrupted. */
function isDataCorrupted(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'XX001'
}
