import type { Connection, Submittable } from 'pg'
import type { Duplex } from 'node:stream'

/** One set of rows as the server sent it, every value as text. */
export interface ResultSet {
  readonly fields: readonly string[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/** The part of node-postgres' connection that the replication protocol needs. */
export interface Wire {
  readonly stream: Duplex
  query(text: string): void
  sendCopyFromChunk(chunk: Uint8Array): void
  endCopyFrom(): void
}

export interface CommandHandlers {
  /** A finished set of rows, before whatever comes after it. */
  onResult?(result: ResultSet, index: number): void
  /** The payload of one CopyData message. Valid during the call only: the parser reuses its memory. */
  onCopyData?(chunk: Buffer): void
  /** The server opened the copy in both directions (CopyBothResponse). */
  onCopyStart?(): void
  /** The server ended its half of the copy. */
  onCopyDone?(): void
}

/**
 * One command of the streaming replication protocol (PostgreSQL documentation, 55.4), run by
 * node-postgres as a custom query: node-postgres itself ignores copy data.
 */
export class ReplicationCommand implements Submittable {
  readonly text: string
  readonly done: Promise<readonly ResultSet[]>
  readonly #handlers: CommandHandlers
  readonly #results: ResultSet[] = []
  #fields: string[] | undefined
  #rows: (string | null)[][] = []
  #resolve: (results: readonly ResultSet[]) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #wire: Wire | undefined
  #detach: () => void = () => undefined

  constructor(text: string, handlers: CommandHandlers = {}) {
    this.text = text
    this.#handlers = handlers
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.done.catch(() => undefined)
  }

  /** Set once the command has been sent. */
  get wire(): Wire | undefined {
    return this.#wire
  }

  submit = (connection: Connection): void => {
    const started = () => this.#handlers.onCopyStart?.()
    const ended = () => this.#handlers.onCopyDone?.()
    connection.on('replicationStart', started)
    connection.on('copyDone', ended)
    this.#detach = () => {
      connection.off('replicationStart', started)
      connection.off('copyDone', ended)
    }
    this.#wire = connection as unknown as Wire
    this.#wire.query(this.text)
  }

  handleRowDescription(message: { fields: readonly { name: string }[] }): void {
    this.#fields = message.fields.map((field) => field.name)
    this.#rows = []
  }

  handleDataRow(message: { fields: (string | null)[] }): void {
    this.#rows.push(message.fields)
  }

  handleCommandComplete(): void {
    if (!this.#fields) return
    const result = { fields: this.#fields, rows: this.#rows }
    this.#fields = undefined
    this.#results.push(result)
    this.#guard(() => this.#handlers.onResult?.(result, this.#results.length - 1))
  }

  handleCopyData(message: { chunk: Buffer }): void {
    this.#guard(() => this.#handlers.onCopyData?.(message.chunk))
  }

  handleReadyForQuery(): void {
    this.#detach()
    this.#resolve(this.#results)
  }

  handleError(error: unknown): void {
    this.#detach()
    this.#reject(error)
  }

  handleEmptyQuery(): void {
    // the next message is ReadyForQuery
  }

  handlePortalSuspended(): void {
    throw new Error('the simple query protocol has no portals')
  }

  handleCopyInResponse(): void {
    throw new Error(`${this.text} does not take data`)
  }

  /** An exception of a handler must fail the command, not the socket's event loop. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#reject(error)
      this.#wire?.stream.destroy(error instanceof Error ? error : undefined)
    }
  }
}
