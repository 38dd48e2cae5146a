import pg from 'pg'
import { digestTable, fixTextForms } from './digest.ts'
import { ReadingPace } from './reading-pace.ts'
import { listUserTables, measureTables, quoted, type TableName } from './user-tables.ts'

export interface ReadReport {
  readonly tables: number
  /** Those that were read, if only by sample. */
  readonly tablesRead: number
  readonly bytes: number
  readonly bytesRead: number
  /** Tables that cannot be read, and why. */
  readonly faults: readonly string[]
}

/**
 * Reads every row of every table of a restored database, with the values stored out of line, within the time; larger
 * tables by sample. Those in `alreadyRead` count as read: they have just been compared row by row.
 * `deadline` is a value of performance.now().
 */
export async function readTables(
  client: pg.Client,
  alreadyRead: (table: TableName) => boolean,
  deadline: number,
): Promise<ReadReport> {
  await fixTextForms(client)
  const listed = await listUserTables(client)
  const tables = await measureTables(client, [...listed.tables, ...listed.views])
  const pace = new ReadingPace()
  const faults: string[] = []
  let tablesRead = 0
  let bytesRead = 0
  let others = tables.filter((table) => !alreadyRead(table)).reduce((sum, table) => sum + table.bytes, 0)
  for (const table of tables) {
    if (alreadyRead(table)) {
      tablesRead++
      bytesRead += table.bytes
      continue
    }
    others -= table.bytes
    const began = performance.now()
    const percent = pace.percent(table.bytes, others, (deadline - began) / 1000)
    if (percent === 0) continue
    try {
      await digestTable(client, table, percent)
      tablesRead++
      bytesRead += (table.bytes * percent) / 100
      pace.measured((table.bytes * percent) / 100, (performance.now() - began) / 1000)
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error
      faults.push(`${quoted(table)}: ${error.message}`)
    }
  }
  return {
    tables: tables.length,
    tablesRead,
    bytes: tables.reduce((sum, table) => sum + table.bytes, 0),
    bytesRead,
    faults,
  }
}
