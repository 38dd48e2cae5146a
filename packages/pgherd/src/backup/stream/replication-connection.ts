import pg from 'pg'
import type { ConnectionOptions } from 'node:tls'
import { CopySplitter } from './copy-splitter.ts'
import { parseLsn, type Lsn } from '../lsn.ts'
import { readWalMessage, statusMessage, type WalData, type WalKeepalive } from './wal-messages.ts'
import { ReplicationCommand, type CommandHandlers, type ResultSet } from './replication-command.ts'

export interface ReplicationTarget {
  /** A socket directory or a host name. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly applicationName: string
  readonly password?: string
  readonly ssl?: ConnectionOptions
}

export interface ServerIdentity {
  readonly systemId: string
  readonly timeline: number
  /** End of flushed WAL. */
  readonly lsn: Lsn
}

export interface ReplicationSlot {
  /** Oldest WAL kept for the slot; undefined when nothing is kept, as after an invalidation. */
  readonly restartLsn: Lsn | undefined
  readonly restartTimeline: number | undefined
}

export interface WalStreamHandlers {
  onStart?(): void
  onData(message: WalData): void
  onKeepalive(message: WalKeepalive): void
}

/** A running physical replication stream. */
export interface WalStream {
  /** Settles when the stream is over: with the next timeline when the server's timeline has ended, else undefined. */
  readonly done: Promise<{ readonly timeline: number; readonly lsn: Lsn } | undefined>
  /** Tells the server what is durable here; `ask` wants a sign of life in return. */
  confirm(durable: Lsn, ask?: boolean): void
}

export interface BaseBackupRequest {
  readonly label: string
  /** Compression done by the server; undefined for none. */
  readonly compression?: { readonly algorithm: 'gzip' | 'zstd'; readonly level: number }
}

const commandTimeoutMs = 10_000

/**
 * A connection for the streaming replication protocol. Rejects when the server cannot be reached
 * within 5 s or refuses; the rejection is node-postgres' error with the SQLSTATE in `code`.
 * Aborting `signal` cuts the connection at once, also in the middle of a command.
 */
export async function connectReplication(
  target: ReplicationTarget,
  signal?: AbortSignal,
): Promise<ReplicationConnection> {
  signal?.throwIfAborted()
  const splitter = target.ssl ? undefined : new CopySplitter()
  const options = {
    ...(splitter && { stream: () => splitter.socket }),
    host: target.host,
    port: target.port,
    user: target.user,
    // given explicitly, so that PG* variables of the environment change nothing
    database: 'replication',
    password: target.password,
    ssl: target.ssl ?? false,
    application_name: target.applicationName,
    replication: 'true',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  }
  const connection = new ReplicationConnection(new pg.Client(options), splitter, signal)
  await connection.open()
  return connection
}

export class ReplicationConnection {
  readonly #client: pg.Client
  readonly #splitter: CopySplitter | undefined
  readonly #signal: AbortSignal | undefined
  readonly #parameters = new Map<string, string>()
  readonly #onAbort = () => this.destroy(new Error('aborted'))
  /** Called for every notice of the server: warnings about page checksums come this way. */
  onNotice: (severity: string, message: string) => void = () => undefined

  constructor(client: pg.Client, splitter?: CopySplitter, signal?: AbortSignal) {
    this.#client = client
    this.#splitter = splitter
    this.#signal = signal
    // Errors reach whoever waits for a command; without a listener they would end the process.
    client.on('error', () => undefined)
    client.on('notice', (notice) => this.onNotice(notice.severity ?? 'NOTICE', notice.message ?? ''))
    client.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
      this.#parameters.set(message.parameterName, message.parameterValue)
    })
  }

  /** Connects and authenticates; called by `connectReplication`. */
  async open(): Promise<void> {
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true })
    try {
      await this.#client.connect()
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  /** Such as `18.4` or `15.20 (Debian 15.20-0+deb12u1)`. */
  get serverVersion(): string {
    return this.#parameters.get('server_version') ?? ''
  }

  get major(): number {
    return Number.parseInt(this.serverVersion, 10)
  }

  async identify(): Promise<ServerIdentity> {
    const row = await this.#row('IDENTIFY_SYSTEM')
    return {
      systemId: field(row, 'systemid'),
      timeline: Number(field(row, 'timeline')),
      lsn: parseLsn(field(row, 'xlogpos')),
    }
  }

  /** Size of a WAL segment in bytes, read from SHOW, which answers in megabytes or gigabytes. */
  async walSegmentBytes(): Promise<number> {
    const text = field(await this.#row('SHOW wal_segment_size'), 'wal_segment_size')
    const match = /^(\d+)([MG]B)$/.exec(text)
    if (!match) throw new Error(`wal_segment_size is ${text}`)
    return Number(match[1]) * (match[2] === 'GB' ? 2 ** 30 : 2 ** 20)
  }

  /** Creates a physical slot that keeps WAL from now on. */
  async createSlot(name: string): Promise<void> {
    await this.#run(`CREATE_REPLICATION_SLOT ${quote(name)} PHYSICAL RESERVE_WAL`)
  }

  async dropSlot(name: string): Promise<void> {
    await this.#run(`DROP_REPLICATION_SLOT ${quote(name)}`)
  }

  /** Undefined when there is no such slot. */
  async readSlot(name: string): Promise<ReplicationSlot | undefined> {
    const row = await this.#row(`READ_REPLICATION_SLOT ${quote(name)}`)
    if (row.get('slot_type') == null) return undefined
    const lsn = row.get('restart_lsn')
    const timeline = row.get('restart_tli')
    return {
      restartLsn: lsn == null ? undefined : parseLsn(lsn),
      restartTimeline: timeline == null ? undefined : Number(timeline),
    }
  }

  /** The history file of a timeline above 1, as its name and text. */
  async timelineHistory(timeline: number): Promise<{ readonly fileName: string; readonly content: string }> {
    const row = await this.#row(`TIMELINE_HISTORY ${timeline}`)
    return { fileName: field(row, 'filename'), content: field(row, 'content') }
  }

  /**
   * Starts BASE_BACKUP with a fast checkpoint, progress reports and a SHA-256 manifest; WAL is not
   * waited for. The handlers see two result sets, the copy data, and a last result set.
   */
  baseBackup(request: BaseBackupRequest, handlers: CommandHandlers): ReplicationCommand {
    const options = [
      `LABEL ${literal(request.label)}`,
      'PROGRESS',
      "CHECKPOINT 'fast'",
      'WAIT 0',
      'TABLESPACE_MAP',
      "MANIFEST 'yes'",
      "MANIFEST_CHECKSUMS 'SHA256'",
    ]
    if (request.compression) {
      options.push(
        `COMPRESSION '${request.compression.algorithm}'`,
        `COMPRESSION_DETAIL 'level=${request.compression.level}'`,
      )
    }
    return this.#start(`BASE_BACKUP (${options.join(', ')})`, handlers)
  }

  /** Streams WAL of a timeline from a position on. The slot, when given, is held while the stream runs. */
  startReplication(
    from: { slot?: string; timeline: number; lsn: string },
    handlers: WalStreamHandlers,
  ): WalStream {
    const slot = from.slot === undefined ? '' : `SLOT ${quote(from.slot)} `
    const command = this.#start(`START_REPLICATION ${slot}PHYSICAL ${from.lsn} TIMELINE ${from.timeline}`, {
      onCopyStart: () => handlers.onStart?.(),
      onCopyData: (chunk) => {
        const message = readWalMessage(chunk)
        if (message?.kind === 'data') handlers.onData(message)
        else if (message) handlers.onKeepalive(message)
      },
      // both directions end with a CopyDone of their own (55.2.7)
      onCopyDone: () => command.wire?.endCopyFrom(),
    })
    return {
      done: command.done.then(nextTimeline),
      confirm: (durable, ask = false) =>
        command.wire?.sendCopyFromChunk(statusMessage(durable, new Date(), ask)),
    }
  }

  /** True once the connection is gone, by whichever side. */
  get ended(): boolean {
    return this.#client.connection.stream.destroyed
  }

  /** Stops reading: the server is held back once the socket's buffers are full. */
  pause(): void {
    this.#client.connection.stream.pause()
  }

  resume(): void {
    this.#client.connection.stream.resume()
  }

  /** Says goodbye; a server that does not answer within a second is left. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.destroy(), 1000)
    try {
      await this.#client.end()
    } finally {
      clearTimeout(timer)
      this.destroy()
    }
  }

  /** Cuts the connection; whatever runs on it fails with `reason`. */
  destroy(reason?: Error): void {
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#client.connection.stream.destroy(reason)
  }

  #start(text: string, handlers: CommandHandlers): ReplicationCommand {
    const command = new ReplicationCommand(text, handlers)
    if (this.#splitter) this.#splitter.onCopyData = (payload) => command.handleCopyData({ chunk: payload })
    return this.#client.query(command)
  }

  async #run(text: string): Promise<readonly ResultSet[]> {
    const timer = setTimeout(
      () => this.destroy(new Error(`the server did not answer ${text} in 10 s`)),
      commandTimeoutMs,
    )
    try {
      return await this.#start(text, {}).done
    } finally {
      clearTimeout(timer)
    }
  }

  async #row(text: string): Promise<ReadonlyMap<string, string | null>> {
    const [result] = await this.#run(text)
    const row = result?.rows[0]
    if (!result || !row) throw new Error(`the server answered ${text} without a row`)
    return new Map(result.fields.map((name, index) => [name, row[index] ?? null]))
  }
}

function nextTimeline(results: readonly ResultSet[]): { timeline: number; lsn: Lsn } | undefined {
  const [timeline, lsn] = results[0]?.rows[0] ?? []
  return timeline != null && lsn != null ? { timeline: Number(timeline), lsn: parseLsn(lsn) } : undefined
}

function field(row: ReadonlyMap<string, string | null>, name: string): string {
  const value = row.get(name)
  if (value == null) throw new Error(`the server left out ${name}`)
  return value
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
