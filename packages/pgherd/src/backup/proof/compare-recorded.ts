import type { ComparedContents, ProofCheck } from '../catalogue.ts'
import type { Recovery } from '../restore/recovery.ts'
import { counted, firstOf, percentOf, round } from './checklist.ts'
import { compareContents, notCompared, type Comparison } from './compare-contents.ts'
import type { RecordedContents, RecordedDatabase } from './record-contents.ts'
import type { LeftOut } from './user-tables.ts'

export interface Compared {
  readonly databases: readonly { readonly recorded: RecordedDatabase; readonly comparison: Comparison }[]
  /** Databases that could not be recorded, and why. */
  readonly unrecorded: readonly LeftOut[]
  /** Time replay stood still for the comparison: no part of a real recovery. */
  readonly seconds: number
}

/** Stops replay where each database was recorded, one after the other, and compares. */
export async function compareRecorded(
  recovery: Recovery,
  recorded: RecordedContents,
  report: (message: string) => void,
): Promise<Compared> {
  const databases: { recorded: RecordedDatabase; comparison: Comparison }[] = []
  let seconds = 0
  for (const each of recorded.databases) {
    const { client } = await recovery.replayTo(each.range.from, each.range.to)
    const began = performance.now()
    if (client) {
      report(`comparing database ${each.database}`)
      const connection = await recovery.server.connect(each.database)
      try {
        databases.push({ recorded: each, comparison: await compareContents(connection, each) })
      } finally {
        await connection.end()
      }
    } else {
      const reason =
        'the copy took no queries there: a transaction with more than 64 subtransactions ran during the backup'
      databases.push({ recorded: each, comparison: notCompared(each, reason) })
    }
    seconds += (performance.now() - began) / 1000
  }
  return { databases, unrecorded: recorded.unrecorded, seconds: round(seconds) }
}

/** Named in the record; more than these say no more. */
const mostLeftOut = 20

/** The check `contents` in words, and how much was compared; what was left out is part of the whole. Pure. */
export function judgeContents({ databases, unrecorded, seconds }: Compared): {
  readonly check: ProofCheck
  readonly compared: ComparedContents
} {
  const parts = databases.map(({ comparison }) => comparison)
  const sum = (value: (part: Comparison) => number): number =>
    parts.reduce((total, part) => total + value(part), 0)
  const differences = parts.flatMap((part) => part.differences)
  const leftOut = [...unrecorded, ...parts.flatMap((part) => part.leftOut)]
  const compared: ComparedContents = {
    databases: parts.filter((part) => !part.emptyHanded).length,
    tables: sum((part) => part.tables),
    rows: sum((part) => part.rows),
    bytes: Math.floor(sum((part) => part.bytes)),
    ofBytes: sum((part) => part.ofBytes) + unrecorded.reduce((total, each) => total + each.bytes, 0),
    leftOut: leftOut.slice(0, mostLeftOut).map(({ table, reason }) => ({ table, reason })),
  }
  const unseen = [
    ...databases.filter(({ comparison }) => comparison.emptyHanded).map(({ recorded }) => recorded.database),
    ...unrecorded.filter(({ needed }) => needed).map(({ table }) => table),
  ]
  const without =
    leftOut.length > 0
      ? `; left out: ${firstOf(leftOut.map(({ table, reason }) => `${table} (${reason})`))}`
      : ''
  const check = { name: 'contents', seconds }
  if (differences.length > 0)
    return {
      check: { ...check, ok: false, detail: `the restored contents differ: ${firstOf(differences)}` },
      compared,
    }
  const detail = `equal to the live server at the same commit: ${amount(compared)}${without}`
  if (unseen.length === 0) return { check: { ...check, ok: true, detail }, compared }
  const missing = `nothing of ${unseen.length === 1 ? 'database' : 'the databases'} ${firstOf(unseen)} was compared; the rest is ${detail}`
  return { check: { ...check, ok: false, inconclusive: true, detail: missing }, compared }
}

/** `12 tables of 2 databases, 1000 rows, 97.5 % of the bytes`. */
function amount({ tables, databases, rows, bytes, ofBytes }: ComparedContents): string {
  return `${counted(tables, 'table')} of ${counted(databases, 'database')}, ${counted(rows, 'row')}, ${percentOf(bytes, ofBytes)} of the bytes`
}
