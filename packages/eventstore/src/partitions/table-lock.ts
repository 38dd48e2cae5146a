import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import { EventStoreError } from '../errors/event-store-error.ts'

const lockTimeoutMs = 500
const attempts = 40

/**
 * Does some work in a transaction that has the event table to itself, or one partition of it, or another table in a mode
 * that keeps appends out. While it waits for that, appends wait behind it: so it never waits long, and tries again.
 * Throws PARTITION_BUSY.
 */
export async function withEventTable<T>(
  database: Database,
  work: (client: ClientBase) => Promise<T>,
  table = `${database.es}.event`,
  mode = 'access exclusive',
): Promise<T> {
  for (let left = attempts; ; left--) {
    try {
      return await database.transaction(async (client) => {
        await database.plain(client, `set local lock_timeout = ${lockTimeoutMs}`)
        await database.plain(client, `lock table ${table} in ${mode} mode`)
        return work(client)
      })
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code !== '55P03') throw thrown
      if (left === 0) throw busy(thrown)
      // longer than it waited, so that most of the time appends go on
      await sleep(lockTimeoutMs * (1 + Math.random()))
    }
  }
}

function busy(cause: unknown): EventStoreError {
  return new EventStoreError('PARTITION_BUSY', {
    detail: 'some transaction has been reading or writing events all the time',
    why: 'partitions change, and inline projections are swapped, while nobody uses the event table, for some milliseconds',
    mend: 'End long transactions, an export for instance, and call it again.',
    cause,
  })
}
