/** What happened to one probe write, as its client saw it. Moments are seconds of one monotonic clock. */
export interface WriteRecord {
  /** Unlike any other of the run: `<writer>-<sequence>`. */
  readonly id: string
  readonly writer: number
  readonly sequence: number
  readonly sent: number
  /** Wall clock of `sent`, RFC 3339, to be laid beside server logs. */
  readonly sentAt: string
  /** When the answer came; undefined when the run ended first. */
  readonly ended?: number
  /**
   * `acknowledged`: the server said it is durable. `failed`: the server said it is not done. `unknown`: the connection
   * went after the statement was sent, or the server gave up waiting for its standby, so it may be there or not.
   */
  readonly outcome: 'acknowledged' | 'failed' | 'unknown'
  /** SQLSTATE or the code of the system error. */
  readonly error?: string
  /** Address of the server that acknowledged. */
  readonly server?: string
  /** Timeline it wrote on (the first eight digits of the WAL file's name). */
  readonly timeline?: number
  /** Where in the WAL it stands, in bytes. */
  readonly lsn?: number
}

/** One read through the read endpoint. */
export interface ReadRecord {
  readonly sent: number
  readonly ended: number
  readonly ok: boolean
  readonly server?: string
  readonly error?: string
}

/** What one member said about itself, asked at its own address. */
export interface PrimarySample {
  readonly member: string
  /** The answer was true at some moment between the two. */
  readonly asked: number
  readonly answered: number
  /** Not in recovery and not read-only; undefined when it gave no answer. */
  readonly writable?: boolean
  readonly timeline?: number
  /** Start of the server process: a primary becomes a standby only by a restart. */
  readonly started?: string
}

/** Everything a run leaves behind: what its judge looks at. */
export interface History {
  readonly writes: readonly WriteRecord[]
  readonly reads: readonly ReadRecord[]
  readonly samples: readonly PrimarySample[]
  /** Ids found in the table afterwards, each as often as it is there. */
  readonly found: readonly string[]
  /** When the fault was made, and when the watching ended. */
  readonly fault: number
  readonly end: number
}
