import type { ClientBase } from 'pg'
import { checkKey } from '../change/key.ts'
import type { Database } from '../database/database.ts'
import { column, type Query, type Row } from '../database/query.ts'
import { instantColumn } from '../time/instant-column.ts'
import { always, fromServer, type Instant, type TimeLike } from '../time/instant.ts'
import { toPeriod, type Period } from '../time/period.ts'
import { toRecordedAt } from './as-of.ts'

const timeline: Query = {
  name: 'timeline',
  text: (bt) => `select f.value, ${instantColumn('greatest(f.valid_from, $4::timestamptz)')},
      ${instantColumn('least(f.valid_to, $5::timestamptz)')}, ${instantColumn('f.recorded_from')}
    from ${bt}.known($3) f where f.subject = $1 and f.predicate = $2 and f.valid_from < $5 and f.valid_to > $4
    order by f.valid_from`,
}

export interface TimelineOptions {
  /** From always to for ever when left out; facts are cut to the period. */
  readonly from?: TimeLike
  readonly to?: TimeLike
  /** As it is known now when left out. */
  readonly recordedAt?: TimeLike
  /** False to get each fact as it was recorded; else neighbours of the same value are one. */
  readonly coalesce?: boolean
}

/** A value and the period for which it holds. */
export interface Span<V> {
  readonly value: V
  readonly valid: Period
  /** When the youngest part of it became known. */
  readonly recordedAt: Instant
}

/** What holds of a key over time, gaps left out, in the order of time. */
export async function readTimeline<V>(
  database: Database,
  subject: string,
  predicate: string,
  { from = always, to, recordedAt, coalesce = true }: TimelineOptions,
  client?: ClientBase,
): Promise<readonly Span<V>[]> {
  checkKey(subject, predicate)
  const period = toPeriod(to === undefined ? { from } : { from, to })
  const values = [subject, predicate, toRecordedAt(recordedAt), period.from, period.to]
  const facts = (await database.run(timeline, values, client)).map(toPiece)
  return (coalesce ? joined(facts) : facts).map(({ json, valid, recordedAt: recorded }) => ({
    value: JSON.parse(json) as V,
    valid,
    recordedAt: recorded,
  }))
}

interface Piece {
  /** As jsonb writes it: the same text for the same value. */
  readonly json: string
  readonly valid: Period
  readonly recordedAt: Instant
}

function toPiece(row: Row): Piece {
  return {
    json: column(row, 0),
    valid: { from: fromServer(column(row, 1)), to: fromServer(column(row, 2)) },
    recordedAt: fromServer(column(row, 3)),
  }
}

function joined(pieces: readonly Piece[]): readonly Piece[] {
  const spans: Piece[] = []
  for (const piece of pieces) {
    const last = spans.at(-1)
    if (last?.json === piece.json && last.valid.to === piece.valid.from) {
      const recordedAt = last.recordedAt > piece.recordedAt ? last.recordedAt : piece.recordedAt
      spans[spans.length - 1] = { ...last, valid: { from: last.valid.from, to: piece.valid.to }, recordedAt }
    } else spans.push(piece)
  }
  return spans
}
