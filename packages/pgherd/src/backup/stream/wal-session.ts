import { formatLsn, type Lsn } from '../lsn.ts'
import { Completeness } from './completeness.ts'
import { Lateness } from './lateness.ts'
import type { ReplicationConnection } from './replication-connection.ts'
import { SegmentArchiver, type ArchiverOptions } from './segment-archiver.ts'

/** The repository could not take the WAL: no space, no permission, a lost mount. */
export class ArchiveWriteError extends Error {
  constructor(cause: unknown) {
    super('the WAL could not be written to the repository', { cause })
    this.name = 'ArchiveWriteError'
  }
}

/** The server is connected but gave no sign of life in time. */
export class ServerSilentError extends Error {
  constructor(seconds: number) {
    super(`the server has been silent for ${seconds} s although it was asked for a sign of life`)
    this.name = 'ServerSilentError'
  }
}

export interface SessionOptions extends Omit<ArchiverOptions, 'onRoom'> {
  readonly connection: ReplicationConnection
  readonly slot: string
  /** The server's end of WAL when the connection was made. */
  readonly serverEnd: Lsn
  readonly silenceSeconds: number
  /** Ends the session after everything received is durable. */
  readonly stop: AbortSignal
  /** The slot is ours and WAL is on its way. */
  readonly onStart: (control: { readonly hurry: () => void }) => void
  readonly onReceived: (received: Lsn, caughtUp: boolean) => void
}

/** How often an idle server is asked for a sign of life. It also moves the moment up to which the archive is known to be complete. */
const pingEveryMs = 2000
/** Without `synchronous` small batches are read this much apart, which saves a wake-up per commit. */
const breathMs = 40
/**
 * What has waited for longer is read without a pause. Every message says that it has all there was when it was sent, so
 * that it looks like the last one; over TLS it is read alone, and with a pause after each, 25 commits a second would be all
 * that the archive keeps up with.
 */
const mostLateMs = 100

/**
 * Streams one timeline into the repository until the server ends it, the connection breaks or `stop`
 * fires. Returns the next timeline when the server's has ended.
 */
export async function streamTimeline(
  options: SessionOptions,
): Promise<{ timeline: number; lsn: Lsn } | undefined> {
  const { connection, timeline, start } = options
  const completeness = new Completeness(start)
  const lateness = new Lateness()
  const unhurried = options.saveEveryMs > 0
  let heardAt = performance.now()
  // The command itself is the first question.
  let askedAt: number | undefined = heardAt
  let started = false
  let breathing: NodeJS.Timeout | undefined
  let stopped = false
  let failure: Error | undefined
  const fail = (error: Error) => {
    failure ??= error
    connection.destroy(error)
  }

  const confirm = (ask = false) => {
    if (started) stream.confirm(archiver.durable, ask)
  }
  const archiver: SegmentArchiver = new SegmentArchiver({
    ...options,
    onDurable: (durable) => {
      confirm()
      options.onDurable(durable)
    },
    onRoom: () => connection.resume(),
  })
  const heard = () => {
    heardAt = performance.now()
    askedAt = undefined
  }
  const stream = connection.startReplication(
    { slot: options.slot, timeline, lsn: formatLsn(start) },
    {
      onStart: () => {
        heard()
        started = true
        confirm(true)
        options.onStart({ hurry: () => archiver.hurry() })
      },
      onData: (message) => {
        if (stopped) return
        heard()
        archiver.write(message.start, message.bytes)
        const complete = completeness.onData(message)
        if (complete) archiver.noteComplete(complete)
        options.onReceived(archiver.next, completeness.caughtUp)
        const late = lateness.of(message.clock, performance.now())
        const last = completeness.caughtUp && message.bytes.length < 8192 && late < mostLateMs
        if (archiver.full) connection.pause()
        else if (unhurried && last && !breathing) {
          connection.pause()
          breathing = setTimeout(() => {
            breathing = undefined
            if (!archiver.full) connection.resume()
          }, breathMs)
        }
      },
      onKeepalive: (message) => {
        if (stopped) return
        heard()
        const complete = completeness.onKeepalive(message, options.serverEnd)
        if (complete) archiver.noteComplete(complete)
        options.onReceived(archiver.next, completeness.caughtUp)
        if (!message.replyRequested) return
        // A server that shuts down waits until everything it sent is confirmed.
        archiver.hurry()
        confirm()
      },
    },
  )
  const timer = setInterval(() => {
    if (archiver.full) return heard()
    const now = performance.now()
    if (askedAt !== undefined && now - askedAt > options.silenceSeconds * 1000)
      fail(new ServerSilentError(options.silenceSeconds))
    else if (askedAt === undefined && now - heardAt >= pingEveryMs) {
      askedAt = now
      confirm(true)
    }
  }, 500)

  const writing = archiver.run().catch((error: unknown) => fail(new ArchiveWriteError(error)))
  const onStop = () => {
    stopped = true
    archiver.stop()
    void writing.then(() => connection.close())
  }
  options.stop.addEventListener('abort', onStop, { once: true })
  if (options.stop.aborted) onStop()
  const ending = await stream.done.then(
    (next) => ({ next }),
    (error: unknown) => ({ error }),
  )
  clearInterval(timer)
  clearTimeout(breathing)
  options.stop.removeEventListener('abort', onStop)
  // What the server had already sent is worth keeping, above all when it is gone.
  archiver.stop()
  await writing
  if (failure) throw failure
  if ('next' in ending) return ending.next
  if (options.stop.aborted) return undefined
  throw ending.error
}
