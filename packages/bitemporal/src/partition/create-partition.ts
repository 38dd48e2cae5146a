import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { quoted, type Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { isBitemporalError } from '../errors/bitemporal-error.ts'
import type { Period } from '../time/period.ts'

const overlapping: Query = {
  name: 'partition-overlapping',
  text: (bt) => `select 1 from ${bt}.fact_partition where recorded_from < $2 and recorded_to > $1`,
}
const misplaced: Query = {
  name: 'partition-misplaced',
  text: (bt, history) =>
    `select exists (select from ${bt}.${history}_default where recorded_to >= $1 and recorded_to < $2)`,
}
const note: Query = {
  name: 'partition-note',
  text: (bt) => `insert into ${bt}.fact_partition (name, recorded_from, recorded_to) values ($1, $2, $3)`,
}

/** A lock that is waited for keeps everybody behind it waiting too: rather a few short tries than a long one. */
const tries = 5
const lockMs = 500

/** Makes a partition unless another has a part of its period; its name. Throws TRANSACTION_CLASH. */
export async function createPartition(database: Database, period: Period): Promise<string | undefined> {
  for (let tried = 1; ; tried++) {
    try {
      return await database.transaction((client) => create(database, period, client))
    } catch (thrown) {
      if (tried === tries || !isBitemporalError(thrown, 'TRANSACTION_CLASH')) throw thrown
      await sleep(lockMs * tried)
    }
  }
}

async function create(database: Database, period: Period, client: ClientBase): Promise<string | undefined> {
  const { bt, history } = database
  const { from, to } = period
  // one at a time, so that the name and the period are free
  await database.plain(client, `lock table ${bt}.fact_partition in exclusive mode`)
  if ((await database.run(overlapping, [from, to], client)).length > 0) return undefined
  const name = partitionName(history, period)
  const table = `${bt}.${quoted(name)}`
  const inherited = `${bt}.${history} including defaults including constraints`
  await database.plain(
    client,
    `set local lock_timeout = ${lockMs}; create table ${table} (like ${inherited})`,
  )
  // changes wait at the door: one that had chosen the default partition already would fail once the new one is there
  await database.plain(client, `lock table only ${bt}.${history} in share row exclusive mode`)
  const [row] = await database.run(misplaced, [from, to], client)
  if (column(row, 0) === 't') {
    const literal = `recorded_to >= '${from}' and recorded_to < '${to}'`
    await database.plain(
      client,
      `with moved as (delete from ${bt}.${history}_default where ${literal} returning *)
       insert into ${table} select * from moved`,
    )
  }
  await database.plain(
    client,
    `alter table ${bt}.${history} attach partition ${table} for values from ('${from}') to ('${to}')`,
  )
  await database.run(note, [name, from, to], client)
  return name
}

/** Of the digits of both ends: 63 bytes are the most a name may have. */
function partitionName(history: string, { from, to }: Period): string {
  const digits = (instant: string): string =>
    instant.startsWith('-')
      ? 'always'
      : instant === 'infinity'
        ? 'forever'
        : instant.replace(/\D/g, '').replace(/0+$/, '').padEnd(8, '0')
  return `${history}_${digits(from)}_${digits(to)}`
}
