import type { Readable } from 'node:stream'
import type { BackupRecord, ProofRecord, StoredFile } from './catalogue.ts'

/**
 * Layout below the repository directory:
 *   repository.json                         format, system identifier, name
 *   base/<id>/backup.json                   the record, written last
 *   base/<id>/base.tar[.zst|.gz][.age]      and <oid>.tar... per tablespace
 *   base/<id>/backup_manifest[.zst][.age]
 *   wal/<TTTTTTTT>/<segment>[.zst][.age]    finished segments
 *   wal/<TTTTTTTT>/<segment>.partial[.age]  the segment being received
 *   wal/<timeline>.history
 *   wal/position.json                       newest archived position and the server clock then
 *   proofs/<time>.json
 */
export interface Repository {
  readonly root: string
  readonly systemId: string
  readonly sealing: Sealing

  /** Compresses, seals and writes to a temporary name, fsyncs, renames. `bytes` counts what came in. */
  store(
    name: string,
    source: AsyncIterable<Uint8Array>,
    compression: StoreCompression,
  ): Promise<StoredFile & { readonly rawBytes: number }>
  /**
   * What was stored under `name` (without the .zst/.gz/.age endings), opened and decompressed. Throws, or fails
   * the stream with, DiagnosticError BACKUP_FILE_MISSING or BACKUP_FILE_DAMAGED (naming the file). Only a stream
   * read to its end has been checked; with `expected` its stored bytes have been compared with the record too.
   */
  open(name: string, expected?: StoredFile): Promise<Readable>
  /** Re-reads the stored bytes and compares them with the record. */
  checkStored(directory: string, file: StoredFile): Promise<boolean>
  writeJson(name: string, value: unknown): Promise<void>
  readJson<T>(name: string): Promise<T | undefined>

  /** Finished base backups, oldest first. */
  backups(): Promise<readonly BackupRecord[]>
  /** All proofs, oldest first. */
  proofs(): Promise<readonly ProofRecord[]>
  wal(): Promise<WalInventory>
  /** Every stored file below the root, sorted, as it lies there (with endings); temporary files are left out. */
  list(): Promise<readonly string[]>
  /** Removes temporary files and base backups that never finished, unless the process writing them lives; says what it removed. */
  cleanUnfinished(): Promise<readonly string[]>
  /** Removes one base backup or WAL file; the record goes first, so that a crash leaves an unfinished backup and never half a good one. */
  remove(name: string): Promise<void>
}

export type StoreCompression = {
  readonly algorithm: 'zstd' | 'gzip' | 'none' | 'already-gzip' | 'already-zstd'
  readonly level: number
}

/** Encryption at rest in a standard format. */
export interface Sealing {
  readonly format: 'age' | 'none'
  readonly ending: '' | '.age'
  /** Names the key without giving it away (a hash of its public half); empty without encryption. */
  keyId(): Promise<string>
  seal(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  open(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
}

export interface WalInventory {
  /** Finished segments per timeline, as their 24-digit names, sorted. */
  readonly segments: ReadonlyMap<number, readonly string[]>
  /** The segment being received. */
  readonly partial?: { readonly timeline: number; readonly segment: string }
  /** Timelines with a history file. */
  readonly histories: readonly number[]
  readonly position?: WalPosition
}

/** `wal/position.json`: everything up to `lsn` is in the repository, and nothing newer had been written at `at`. */
export interface WalPosition {
  readonly timeline: number
  readonly lsn: string
  /** Server clock at which the archive was known to be complete up to `lsn`. */
  readonly at: string
}
