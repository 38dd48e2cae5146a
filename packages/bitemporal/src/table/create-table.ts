import type { ClientBase } from 'pg'
import type { Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import type { StorageKind } from '../partition/history-storage.ts'
import { guard } from '../schema/guard-overlap.ts'
import { upgrade } from '../schema/install.ts'
import { serverType, type Column } from './column-type.ts'
import { tableShape } from './table-shape.ts'

export interface CreateOptions {
  /**
   * Whether the server itself refuses overlapping rows, whoever writes them, with an exclusion constraint (extension
   * btree_gist); true when left out. Without it changes are faster, and only the functions of the library may write.
   */
  readonly guard?: boolean
  /** How the history is kept, as in `install`: when left out, as a hypertable where TimescaleDB is in the database. */
  readonly storage?: StorageKind
}

const columnsThere: Query = {
  name: 'columns-there',
  text: (bt) => `
    select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute
    where attrelid = '${bt}.current_row'::regclass and attnum > 0 and not attisdropped
      and attname not in ('key_id', 'valid_from', 'valid_to', 'recorded_from') order by attnum`,
}

/** Makes the table where it is missing. Throws TABLE_DIFFERS, SCHEMA_NEWER, INVALID_OPTION. */
export async function createTable(
  database: Database,
  columns: readonly Column[],
  options: CreateOptions,
): Promise<void> {
  await database.transaction(async (client) => {
    const shape = tableShape(database.bt, columns)
    await upgrade(database, shape, options.storage, client)
    await checkColumns(database, columns, client)
    if (options.guard !== false) await guard(database, shape, client)
  })
}

async function checkColumns(
  database: Database,
  columns: readonly Column[],
  client: ClientBase,
): Promise<void> {
  const there = (await database.run(columnsThere, [], client)).map(
    (row) => `${column(row, 0)} ${column(row, 1)}${column(row, 2) === 't' ? '' : ' null'}`,
  )
  const wanted = columns.map((each) => `${each.name} ${serverType(each)}${each.nullable ? ' null' : ''}`)
  if (there.join() === wanted.join()) return
  throw new BitemporalError('TABLE_DIFFERS', {
    detail: `table ${database.schema} has the columns ${there.join(', ')}, and ${wanted.join(', ')} were declared`,
    why: 'rows would be read and written as what they are not',
    mend: 'Declare the columns that are there, or make a table of another name and load it from this one.',
  })
}
