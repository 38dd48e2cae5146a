import pg from 'pg'
import { readerRole, type TemporaryServer } from '../restore/temporary-server.ts'
import { checkStructure, type StructureReport } from './amcheck.ts'
import { counted, firstOf, percentOf, type Checklist, type CheckResult } from './checklist.ts'
import type { Compared } from './compare-recorded.ts'
import { readTables, type ReadReport } from './read-tables.ts'
import { admitReader, createReader, runUserCheck, type UserCheck } from './user-checks.ts'
import { listDatabases, quoted } from './user-tables.ts'

export interface CopyCheckOptions {
  readonly budgetSeconds: number
  readonly userChecks: readonly UserCheck[]
}

/** What is checked on the copy after it has been opened: every table, the structure, and what the user asks for. */
export async function checkCopy(
  server: TemporaryServer,
  { budgetSeconds, userChecks }: CopyCheckOptions,
  compared: Compared | undefined,
  list: Checklist,
): Promise<void> {
  const databases = await namesOfDatabases(server)
  await list.run('tables', () => readAll(server, databases, compared, budgetSeconds))
  await list.run('amcheck', () => checkAll(server, databases, budgetSeconds))
  for (const check of userChecks)
    await list.run(`check: ${check.name}`, () => userCheck(server, check, budgetSeconds))
}

async function namesOfDatabases(server: TemporaryServer): Promise<readonly string[]> {
  const client = await server.connect()
  try {
    return (await listDatabases(client)).map(({ name }) => name)
  } finally {
    await client.end()
  }
}

async function readAll(
  server: TemporaryServer,
  databases: readonly string[],
  compared: Compared | undefined,
  seconds: number,
): Promise<CheckResult> {
  const deadline = performance.now() + seconds * 1000
  const reports: ReadReport[] = []
  const faults: string[] = []
  for (const database of databases) {
    const read = compared?.databases.find((each) => each.recorded.database === database)
    const whole = new Set(read?.recorded.tables.filter(({ percent }) => percent === 100).map(quoted))
    const report = await inDatabase(server, database, (client) =>
      readTables(client, (table) => whole.has(quoted(table)), deadline),
    )
    reports.push(report)
    faults.push(...report.faults.map((fault) => `${database}: ${fault}`))
  }
  const total = (value: (report: ReadReport) => number): number =>
    reports.reduce((sum, each) => sum + value(each), 0)
  if (faults.length > 0) return { ok: false, detail: `cannot be read: ${firstOf(faults)}` }
  const [all, read] = [total((each) => each.tables), total((each) => each.tablesRead)]
  const share = percentOf(
    total((each) => each.bytesRead),
    total((each) => each.bytes),
  )
  const detail = `${read === all ? counted(all, 'table') : `${read} of ${counted(all, 'table')}`}, ${share} of the bytes read${read === all ? '' : outOfTime}`
  return { detail, ...(read === 0 && all > 0 && { inconclusive: true }) }
}

const outOfTime = '; there was no more time in backups.proof.budget'

async function checkAll(
  server: TemporaryServer,
  databases: readonly string[],
  seconds: number,
): Promise<CheckResult> {
  const deadline = performance.now() + seconds * 1000
  const reports: StructureReport[] = []
  const faults: string[] = []
  for (const database of databases) {
    let report: StructureReport
    try {
      report = await inDatabase(server, database, (client) => checkStructure(client, deadline))
    } catch (error) {
      // The contrib modules are not installed here: nothing is known, and nothing is wrong with the backup.
      if (isMissingExtension(error)) {
        return {
          inconclusive: true,
          detail: `not checked, for want of the extension amcheck: ${error.message}`,
        }
      }
      throw error
    }
    reports.push(report)
    faults.push(...report.faults.map((fault) => `${database}: ${fault}`))
  }
  const total = (value: (report: StructureReport) => number): number =>
    reports.reduce((sum, each) => sum + value(each), 0)
  const share = percentOf(
    total((each) => each.bytesChecked),
    total((each) => each.bytes),
  )
  if (faults.length > 0) return { ok: false, detail: `damaged: ${firstOf(faults)}` }
  const [all, checked] = [total((each) => each.relations), total((each) => each.checked)]
  const relations = counted(all, 'table and index', 'tables and indexes')
  const detail = `${checked} of ${relations}, ${share} of the bytes${checked === all ? '' : outOfTime}`
  return { detail, ...(checked === 0 && all > 0 && { inconclusive: true }) }
}

/** Before 16 a missing extension has the code of any missing file (src/backend/commands/extension.c). */
function isMissingExtension(error: unknown): error is pg.DatabaseError {
  return (
    error instanceof pg.DatabaseError &&
    (error.code === '58P01' || error.code === '0A000') &&
    error.message.includes('extension')
  )
}

async function userCheck(server: TemporaryServer, check: UserCheck, seconds: number): Promise<CheckResult> {
  try {
    await inDatabase(server, 'postgres', createReader)
    await inDatabase(server, check.database, admitReader)
    return await inDatabase(
      server,
      check.database,
      (client) => runUserCheck(client, check, seconds),
      readerRole,
    )
  } catch (error) {
    if (error instanceof pg.DatabaseError) return { ok: false, detail: `failed: ${error.message}` }
    throw error
  }
}

async function inDatabase<T>(
  server: TemporaryServer,
  database: string,
  work: (client: pg.Client) => Promise<T>,
  user = 'postgres',
): Promise<T> {
  const client = await server.connect(database, user)
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
