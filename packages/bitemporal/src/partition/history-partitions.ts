import { quoted, type Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { readClock } from '../read/read-facts.ts'
import { fromServer, type Instant } from '../time/instant.ts'
import { toPeriod, type Period, type PeriodLike } from '../time/period.ts'
import type { CalendarUnit } from './calendar.ts'
import { findStorage, storages } from './find-storage.ts'
import type { HistoryStorage, Part } from './history-storage.ts'
import { refused } from './refused.ts'
import { indexesOf, tableOf } from './rewrite.ts'

/** A part of the history: what was known until some time of its period. */
export interface HistoryPartition {
  /**
   * Of the table; `fact_history_default` (`row_history_default` in a typed table) holds what no other is for. A chunk of
   * a hypertable has the name that TimescaleDB gave it.
   */
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
  /** How many after the present one; 2 when left out. A hypertable needs none ahead. */
  readonly ahead?: number
}

const markCompacted: Query = {
  name: 'partition-compacted',
  text: (bt) => `
    insert into ${bt}.fact_partition (name, recorded_from, recorded_to, compacted_at)
      values ($1, $2, $3, clock_timestamp())
    on conflict (name) do update set compacted_at = excluded.compacted_at`,
}

/** A part as it is told, and the schema in which its table is. */
type Found = HistoryPartition & Pick<Part, 'schema'>

/**
 * The history is kept apart by the time until which something was known, so answers as of a time look only into parts
 * since. In native partitions all of it is optional: what has no partition is in the default one. Of a hypertable of
 * TimescaleDB the parts are its chunks, which come by themselves.
 */
export class HistoryPartitions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Oldest first, the default last. */
  async list(): Promise<readonly HistoryPartition[]> {
    return (await this.#read(await this.#storage())).map(({ schema: _, ...partition }) => partition)
  }

  /**
   * Makes the partitions that are missing for the present day, month or year and those that follow; the names of those
   * it made. Run it from time to time, for instance daily. Where another partition has a part of the period, none is made.
   * Of a hypertable it sets how long the chunks to come will be (1, 30 or 365 days), and makes none.
   */
  async prepare({ every, ahead = 2 }: PartitionPlan): Promise<readonly string[]> {
    if (!Number.isSafeInteger(ahead) || ahead < 0 || ahead > 1000)
      throw refused(`\`ahead\` is ${ahead}, and has to be a whole number from 0 to 1000`)
    return (await this.#storage()).prepare(this.#database, every, ahead)
  }

  /**
   * Makes one partition for what was known until some time of a period, and moves what is there already; its name.
   * Throws INVALID_OPTION when another has a part of the period or the history is a hypertable, TRANSACTION_CLASH when
   * the default partition was in use for too long.
   */
  async create(recorded: PeriodLike): Promise<string> {
    const period = toPeriod(recorded)
    return (await this.#storage()).create(this.#database, period)
  }

  /**
   * Rewrites a partition whose period is over: facts of a key side by side, no gaps, indexes dense, frozen. Answers stay
   * the same; those that need the partition wait meanwhile. A chunk is compressed instead where the license of
   * TimescaleDB offers it. Throws INVALID_OPTION.
   */
  async compact(name: string): Promise<{ readonly bytesBefore: number; readonly bytesAfter: number }> {
    const storage = await this.#storage()
    const { recorded, schema, bytes: bytesBefore } = await this.#find(storage, name)
    if (!recorded || recorded.to > (await readClock(this.#database)))
      throw refused(`the period of ${name} is not over`)
    await this.#database.withClient(async (client) => {
      await storage.compact(this.#database, { schema, name, recorded }, client)
      await this.#database.run(markCompacted, [name, recorded.from, recorded.to], client)
    })
    return { bytesBefore, bytesAfter: (await this.#find(storage, name)).bytes }
  }

  /**
   * Has TimescaleDB itself compress each chunk so many days after its period is over; again with other days in place of
   * those before. Throws INVALID_OPTION where there is no hypertable, or its license offers no policies, as that of
   * Debian's build.
   */
  async compactAfter(days: number): Promise<void> {
    if (!Number.isSafeInteger(days) || days < 0 || days > 100_000)
      throw refused(`\`days\` is ${days}, and has to be a whole number from 0 to 100 000`)
    await (await this.#storage()).compactAfter(this.#database, days)
  }

  /** Moves a partition with its indexes to a tablespace, for instance on slower disks. Throws INVALID_OPTION. */
  async move(name: string, tablespace: string): Promise<void> {
    const found = await this.#find(await this.#storage(), name)
    const names = await indexesOf(this.#database, found)
    await this.#database.transaction(async (client) => {
      const space = quoted(tablespace)
      await this.#database.plain(client, `alter table ${tableOf(found)} set tablespace ${space}`)
      for (const index of names)
        await this.#database.plain(
          client,
          `alter index ${tableOf({ ...found, name: index })} set tablespace ${space}`,
        )
    })
  }

  async #storage(): Promise<HistoryStorage> {
    return storages[await findStorage(this.#database)]
  }

  async #read(storage: HistoryStorage): Promise<readonly Found[]> {
    return (await storage.list(this.#database)).map((row) => ({
      schema: column(row, 0),
      name: column(row, 1),
      recorded:
        row[2] == null ? undefined : { from: fromServer(column(row, 2)), to: fromServer(column(row, 3)) },
      bytes: Number(column(row, 4)),
      tablespace: column(row, 5),
      compactedAt: row[6] == null ? undefined : fromServer(column(row, 6)),
    }))
  }

  async #find(storage: HistoryStorage, name: string): Promise<Found> {
    const found = (await this.#read(storage)).find((partition) => partition.name === name)
    if (found) return found
    throw refused(`there is no partition ${JSON.stringify(name)}`)
  }
}
