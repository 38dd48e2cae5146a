import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import type { HistoryStorage, StorageKind } from './history-storage.ts'
import { hypertable } from './hypertable.ts'
import { nativePartitions } from './native-partitions.ts'

export const storages: Readonly<Record<StorageKind, HistoryStorage>> = {
  partitions: nativePartitions,
  hypertable,
}

// a hypertable is a table like others to the catalogue, and a history that is partitioned is none
const kindThere: Query = {
  name: 'storage-kind',
  text: (bt, history) => `select relkind = 'p' from pg_class where oid = '${bt}.${history}'::regclass`,
}
const extensionThere: Query = {
  name: 'timescale-there',
  text: () => `select exists (select from pg_extension where extname = 'timescaledb')`,
}

/** How the history is kept, of the catalogue. Throws NOT_INSTALLED. */
export async function findStorage(database: Database, client?: ClientBase): Promise<StorageKind> {
  const [row] = await database.run(kindThere, [], client)
  return column(row, 0) === 't' ? 'partitions' : 'hypertable'
}

/**
 * How the history of a schema is or will be kept: as it is where it is installed, else as was asked for, else as a
 * hypertable where the extension is there. Throws INVALID_OPTION when it cannot be what was asked for.
 */
export async function chooseStorage(
  database: Database,
  asked: StorageKind | undefined,
  isInstalled: boolean,
  client: ClientBase,
): Promise<StorageKind> {
  if (asked !== undefined && !Object.hasOwn(storages, asked)) throw unknown(asked)
  if (isInstalled) {
    const kind = await findStorage(database, client)
    if (asked !== undefined && asked !== kind) throw otherKind(database.schema, kind, asked)
    return kind
  }
  if (asked === 'partitions') return asked
  const [row] = await database.run(extensionThere, [], client)
  const isThere = column(row, 0) === 't'
  if (asked === 'hypertable' && !isThere) throw noExtension()
  return isThere ? 'hypertable' : 'partitions'
}

function unknown(asked: string): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail: `\`storage\` is ${JSON.stringify(asked)}`,
    why: 'the history is kept in one of the ways that this library knows',
    mend: `Pass one of ${Object.keys(storages).join(', ')}, or leave it out.`,
  })
}

function otherKind(schema: string, kind: StorageKind, asked: StorageKind): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail: `schema ${schema} keeps its history as ${storages[kind].title}, and ${storages[asked].title} was asked for`,
    why: 'what is installed stays as it is: to convert it would rewrite the whole history',
    mend: 'Leave `storage` out, or install into another schema and bring the facts there with exportFacts and importFacts.',
  })
}

function noExtension(): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail: 'a hypertable was asked for, and the extension timescaledb is not in this database',
    why: 'hypertables are made by TimescaleDB',
    mend: 'Run `create extension timescaledb` (its library has to be in shared_preload_libraries), or leave `storage` out.',
  })
}
