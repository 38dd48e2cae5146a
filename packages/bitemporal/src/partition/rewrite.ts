import type { ClientBase } from 'pg'
import { quoted, type Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import type { Part } from './history-storage.ts'

const indexes: Query = {
  name: 'partition-indexes',
  text: () => `
    select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = to_regclass(quote_ident($1) || '.' || quote_ident($2)) order by i.indexrelid`,
}

/** The table of a part, quoted with its schema. */
export const tableOf = ({ schema, name }: Pick<Part, 'schema' | 'name'>): string =>
  `${quoted(schema)}.${quoted(name)}`

/** The indexes of a part, which are in its schema. */
export async function indexesOf(
  database: Database,
  { schema, name }: Pick<Part, 'schema' | 'name'>,
  client?: ClientBase,
): Promise<readonly string[]> {
  return (await database.run(indexes, [schema, name], client)).map((row) => column(row, 0))
}

/** Facts of a key side by side, no gaps, indexes dense, frozen; readers of the part wait. Not within a transaction. */
export async function rewrite(database: Database, part: Part, client: ClientBase): Promise<void> {
  const [first] = await indexesOf(database, part, client)
  await database.plain(client, `cluster ${tableOf(part)} using ${quoted(first ?? '')}`)
  await database.plain(client, `vacuum (freeze, analyze) ${tableOf(part)}`)
}
