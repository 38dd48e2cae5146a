import { EventStoreError } from '../errors/event-store-error.ts'
import { VersionConflict } from '../errors/version-conflict.ts'
import { ConditionFailed } from '../tags/condition-failed.ts'
import { column, type Row } from '../database/query.ts'
import type { PreparedAppend } from './prepare-append.ts'

export interface AppendResult {
  readonly stream: string
  /** Of the last event of this append; what the next append expects. */
  readonly version: number
  /** Of the last event of this append. */
  readonly position: number
  /** False when the same event ids were in the stream already, so that nothing was stored again. */
  readonly stored: boolean
}

/** What became of one append of a batch. */
export type BatchResult =
  | ({ readonly ok: true } & AppendResult)
  | { readonly ok: false; readonly stream: string; readonly error: EventStoreError }

/** What the status numbers of `es.append_many` mean. */
export function batchResult({ stream, expected }: PreparedAppend, row: Row | undefined): BatchResult {
  const status = Number(column(row, 0))
  const version = Number(column(row, 1))
  if (status <= 1) {
    return { ok: true, stream, version, position: Number(column(row, 2)), stored: status === 0 }
  }
  if (status === 6) return { ok: false, stream, error: new ConditionFailed(stream, Number(column(row, 2))) }
  return {
    ok: false,
    stream,
    error: refusal(status, stream, () => new VersionConflict(stream, expected, version)),
  }
}

function refusal(status: number, stream: string, conflict: () => VersionConflict): EventStoreError {
  const name = JSON.stringify(stream)
  if (status === 2) return conflict()
  if (status === 3)
    return new EventStoreError('STREAM_ARCHIVED', {
      detail: `${name} takes no more events`,
      why: 'archiving is the promise that it stays as it is',
      mend: 'Append to another stream, or call `unarchive` first.',
    })
  if (status === 4) return tombstoned(stream)
  return new EventStoreError('EVENT_ID_REUSED', {
    detail: `some event ids of an append to ${name} are stored already, in another stream, order or company`,
    why: 'an id says which event it is, so the append is neither new nor a repetition',
    mend: 'Make new ids for new events; repeat an append only whole and in the same order.',
  })
}

export function tombstoned(stream: string): EventStoreError {
  return new EventStoreError('STREAM_TOMBSTONED', {
    detail: `the events of ${JSON.stringify(stream)} were removed for good`,
    why: 'its name is never used again, so that nobody takes a new stream for the old one',
    mend: 'Use another stream name.',
  })
}
