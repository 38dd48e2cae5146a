import { quoted, type Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import { readClock } from '../read/read-facts.ts'
import { instantColumn } from '../time/instant-column.ts'
import { fromServer, type Instant } from '../time/instant.ts'
import { toPeriod, type Period, type PeriodLike } from '../time/period.ts'
import { calendarPeriods, type CalendarUnit } from './calendar.ts'
import { createPartition } from './create-partition.ts'

/** A part of the history: what was known until some time of its period. */
export interface HistoryPartition {
  /** Of the table; `fact_history_default` (`row_history_default` in a typed table) holds what no other is for. */
  readonly name: string
  /** Undefined for the default. */
  readonly recorded: Period | undefined
  /** Of the table and its indexes. */
  readonly bytes: number
  /** `pg_default` where nothing else is set. */
  readonly tablespace: string
  readonly compactedAt: Instant | undefined
}

export interface PartitionPlan {
  /** Of the calendar in UTC. */
  readonly every: CalendarUnit
  /** How many after the present one; 2 when left out. */
  readonly ahead?: number
}

const list: Query = {
  name: 'partitions',
  text: (bt, history) => `
    select c.relname, ${instantColumn('p.recorded_from')}, ${instantColumn('p.recorded_to')},
      pg_total_relation_size(c.oid), coalesce(t.spcname, 'pg_default'), ${instantColumn('p.compacted_at')}
    from pg_inherits i join pg_class c on c.oid = i.inhrelid left join pg_tablespace t on t.oid = c.reltablespace
      left join ${bt}.fact_partition p on p.name = c.relname
    where i.inhparent = '${bt}.${history}'::regclass order by p.recorded_from nulls last`,
}
const indexes: Query = {
  name: 'partition-indexes',
  text: (bt) => `
    select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = to_regclass('${bt}.' || quote_ident($1)) order by i.indexrelid`,
}
const markCompacted: Query = {
  name: 'partition-compacted',
  text: (bt) => `update ${bt}.fact_partition set compacted_at = clock_timestamp() where name = $1`,
}

/**
 * The history is partitioned by the time until which something was known, so what is old stays apart, and answers as of
 * a time look only into partitions since. All of it is optional: what has no partition is in the default one.
 */
export class HistoryPartitions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Oldest first, the default last. */
  async list(): Promise<readonly HistoryPartition[]> {
    const rows = await this.#database.run(list, [])
    return rows.map((row) => ({
      name: column(row, 0),
      recorded:
        row[1] == null ? undefined : { from: fromServer(column(row, 1)), to: fromServer(column(row, 2)) },
      bytes: Number(column(row, 3)),
      tablespace: column(row, 4),
      compactedAt: row[5] == null ? undefined : fromServer(column(row, 5)),
    }))
  }

  /**
   * Makes the partitions that are missing for the present day, month or year and those that follow; the names of those
   * it made. Run it from time to time, for instance daily. Where another partition has a part of the period, none is made.
   */
  async prepare({ every, ahead = 2 }: PartitionPlan): Promise<readonly string[]> {
    if (!Number.isSafeInteger(ahead) || ahead < 0 || ahead > 1000)
      throw refused(`\`ahead\` is ${ahead}, and has to be a whole number from 0 to 1000`)
    const made: string[] = []
    for (const period of calendarPeriods(every, await readClock(this.#database), ahead)) {
      const name = await createPartition(this.#database, period)
      if (name !== undefined) made.push(name)
    }
    return made
  }

  /**
   * Makes one partition for what was known until some time of a period, and moves what is there already; its name.
   * Throws INVALID_OPTION when another has a part of the period, TRANSACTION_CLASH when the default partition was in use
   * for too long.
   */
  async create(recorded: PeriodLike): Promise<string> {
    const period = toPeriod(recorded)
    const name = await createPartition(this.#database, period)
    if (name === undefined)
      throw refused(`a part of ${period.from} to ${period.to} belongs to another partition`)
    return name
  }

  /**
   * Rewrites a partition whose period is over: facts of a key side by side, no gaps, indexes dense, frozen. Answers stay
   * the same; those that need the partition wait meanwhile. Throws INVALID_OPTION.
   */
  async compact(name: string): Promise<{ readonly bytesBefore: number; readonly bytesAfter: number }> {
    const before = await this.#find(name)
    if (!before.recorded || before.recorded.to > (await readClock(this.#database)))
      throw refused(`the period of ${name} is not over`)
    const table = `${this.#database.bt}.${quoted(name)}`
    const [first] = await this.#indexes(name)
    await this.#database.withClient(async (client) => {
      await this.#database.plain(client, `cluster ${table} using ${quoted(first ?? '')}`)
      // not within a transaction, so on its own
      await this.#database.plain(client, `vacuum (freeze, analyze) ${table}`)
      await this.#database.run(markCompacted, [name], client)
    })
    return { bytesBefore: before.bytes, bytesAfter: (await this.#find(name)).bytes }
  }

  /** Moves a partition with its indexes to a tablespace, for instance on slower disks. Throws INVALID_OPTION. */
  async move(name: string, tablespace: string): Promise<void> {
    await this.#find(name)
    const { bt } = this.#database
    const names = await this.#indexes(name)
    await this.#database.transaction(async (client) => {
      const space = quoted(tablespace)
      await this.#database.plain(client, `alter table ${bt}.${quoted(name)} set tablespace ${space}`)
      for (const index of names)
        await this.#database.plain(client, `alter index ${bt}.${quoted(index)} set tablespace ${space}`)
    })
  }

  async #find(name: string): Promise<HistoryPartition> {
    const found = (await this.list()).find((partition) => partition.name === name)
    if (found) return found
    throw refused(`there is no partition ${JSON.stringify(name)}`)
  }

  async #indexes(name: string): Promise<readonly string[]> {
    return (await this.#database.run(indexes, [name])).map((row) => column(row, 0))
  }
}

function refused(detail: string): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail,
    why: 'every part of the history has one place',
    mend: '`partitions.list()` tells which there are.',
  })
}
