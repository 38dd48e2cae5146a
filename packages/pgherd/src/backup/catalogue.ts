/** One stored file of a backup, as it lies in the repository. */
export interface StoredFile {
  /** Name below the backup's directory: `base.tar.zst.age`. */
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** `backup.json` of one base backup. Written last, so that a backup without it is one that never finished. */
export interface BackupRecord {
  /** UTC start as `20261121T031735Z`; also the directory name. */
  readonly id: string
  readonly systemId: string
  readonly timeline: number
  readonly startLsn: string
  readonly stopLsn: string
  /** Server clock, RFC 3339 with zone. */
  readonly startedAt: string
  readonly stoppedAt: string
  readonly serverVersion: string
  readonly major: number
  readonly walSegmentBytes: number
  /** Bytes before and after compression and encryption. */
  readonly bytes: number
  readonly storedBytes: number
  readonly seconds: number
  readonly files: readonly StoredFile[]
  /** Tablespaces beside pg_default: their tar files are `<oid>.tar...`. */
  readonly tablespaces: readonly { readonly oid: number; readonly location: string }[]
  readonly compression: 'zstd' | 'gzip' | 'none'
  readonly encryption: 'age' | 'none'
  readonly takenFrom: string
  /** True when that member was a standby then: its stop position tells nothing about the time. */
  readonly standby?: boolean | undefined
}

/**
 * What a proof came to. `proven`: restored, every check was made and passed, the contents compared with the live server.
 * `restorable`: restored, and what was checked passed; something could not be checked, such as the contents while the
 * live server is down. `failed`: a check found something wrong.
 */
export type ProofVerdict = 'proven' | 'restorable' | 'failed'

/** Result of one proof, kept beside the backups for good. */
export interface ProofRecord {
  readonly backup: string
  /** True for the verdict `proven` and no other. */
  readonly ok: boolean
  readonly verdict: ProofVerdict
  readonly provenAt: string
  /** From the start of the restore to a writable server: the measured RTO. */
  readonly rtoSeconds: number | null
  /** Age of the newest restored commit at the moment the disaster was assumed: the measured RPO. */
  readonly rpoSeconds: number | null
  /** Commits acknowledged just before the disaster that did not come back; null when that was not measured. */
  readonly lostCommits: number | null
  /** What was compared with the live server; null when nothing could be. */
  readonly compared: ComparedContents | null
  readonly restoredTo: {
    readonly timeline: number
    readonly lsn: string
    readonly time: string | null
  } | null
  readonly seconds: number
  readonly checks: readonly ProofCheck[]
}

/** How much of the live server's contents was compared with the restored copy. */
export interface ComparedContents {
  readonly databases: number
  readonly tables: number
  readonly rows: number
  readonly bytes: number
  /** Bytes of every table that a restore must bring back, those that were left out as well. */
  readonly ofBytes: number
  /** What was left out, and why; the first twenty. */
  readonly leftOut: readonly { readonly table: string; readonly reason: string }[]
}

export interface ProofCheck {
  readonly name: string
  readonly ok: boolean
  /** It could not be made: nothing was found wrong, and nothing is known. `ok` is false then. */
  readonly inconclusive?: true | undefined
  /** What was compared or measured, with figures. */
  readonly detail: string
  readonly seconds: number
}

/** From when to when the database can be put back; `to` moves while WAL streams in. */
export interface RestorableWindow {
  readonly backup: string
  readonly timeline: number
  readonly fromLsn: string
  readonly fromTime: string
  readonly toLsn: string
  readonly toTime: string
}
