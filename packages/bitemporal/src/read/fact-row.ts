import { column, type Row } from '../database/query.ts'
import type { Fact } from '../fact.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer } from '../time/instant.ts'

/** The columns of a fact, as `toFact` reads them. */
export const factColumns = (of: string): string =>
  `${of}.subject, ${of}.predicate, ${of}.value, ${instantColumn(`${of}.valid_from`)},
   ${instantColumn(`${of}.valid_to`)}, ${instantColumn(`${of}.recorded_from`)}`

export const factColumnCount = 6

export function toFact<V>(row: Row, at = 0): Fact<V> {
  return {
    subject: column(row, at),
    predicate: column(row, at + 1),
    value: JSON.parse(column(row, at + 2)) as V,
    valid: { from: fromServer(column(row, at + 3)), to: fromServer(column(row, at + 4)) },
    recordedAt: fromServer(column(row, at + 5)),
  }
}
