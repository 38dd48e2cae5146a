import type pg from 'pg'
import { healthSchema } from '../../components/reserved-names.ts'

/** A table with rows of its own: an ordinary table, a partition or a materialized view. */
export interface TableName {
  readonly schema: string
  readonly name: string
}

export interface UserTable extends TableName {
  readonly bytes: number
}

export interface LeftOut {
  readonly table: string
  readonly reason: string
  /** What a restore must bring back of it; 0 for what is in no backup. */
  readonly bytes: number
  /** False for what a proof can do without: materialized views, which can be made anew, and tables of pgherd itself. */
  readonly needed: boolean
}

export interface UserTables {
  /** In no order that matters; their sizes are not known yet. */
  readonly tables: readonly TableName[]
  /** Materialized views: rows of their own, which LOCK TABLE cannot hold still. */
  readonly views: readonly TableName[]
  /** What is in no backup. */
  readonly leftOut: readonly LeftOut[]
}

/**
 * Sizes are left out: asking for one waits for whoever holds the table. Large objects are user data that lives in a
 * catalogue. Sequences have no rows to compare: their values run ahead
 * of what is committed. Partitioned tables hold nothing themselves. Temporary tables are nobody else's business.
 */
const listing = `
  select n.nspname as schema, c.relname as name, c.relkind as kind, c.relpersistence as persistence
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm', 'f') and c.relpersistence <> 't'
    and (n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
         or c.oid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass and exists (select from pg_catalog.pg_largeobject))
  order by schema, name`

/** The tables of the client's database that a restore must bring back, and those it cannot. */
export async function listUserTables(client: pg.Client): Promise<UserTables> {
  const { rows } = await client.query<TableName & { kind: string; persistence: string }>(listing)
  const tables: TableName[] = []
  const views: TableName[] = []
  const leftOut: LeftOut[] = []
  for (const { schema, name, kind, persistence } of rows) {
    const table = { schema, name }
    const without = (reason: string): void =>
      void leftOut.push({ table: quoted(table), reason, bytes: 0, needed: false })
    if (kind === 'f') without('foreign: its rows live elsewhere')
    else if (persistence === 'u') without('unlogged: never in a backup')
    else if (kind === 'm') views.push(table)
    else tables.push(table)
  }
  return { tables, views, leftOut }
}

/** Adds the sizes and sorts by them, smallest first. Waits for locks on the tables: take them before. */
export async function measureTables(
  client: pg.Client,
  tables: readonly TableName[],
): Promise<readonly UserTable[]> {
  const { rows } = await client.query<{ bytes: number }>(
    `select pg_catalog.pg_relation_size(t.name::pg_catalog.regclass)::float8 as bytes
     from pg_catalog.unnest($1::text[]) with ordinality as t(name, place) order by place`,
    [tables.map(quoted)],
  )
  const sized = tables.map((table, index) => ({ ...table, bytes: rows[index]?.bytes ?? 0 }))
  return sized.sort((one, other) => one.bytes - other.bytes)
}

/**
 * Sizes as the last VACUUM or ANALYZE noted them, in the order of the tables: for those that cannot be locked. At least
 * a page each, so that a table of unknown size never counts as nothing.
 */
export async function estimateTables(
  client: pg.Client,
  tables: readonly TableName[],
): Promise<readonly UserTable[]> {
  const { rows } = await client.query<{ bytes: number }>(
    `select case when c.oid is null then 0 else greatest(c.relpages, 1)::float8 end * current_setting('block_size')::float8 as bytes
     from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) with ordinality as t(schema, name, place)
          left join pg_catalog.pg_namespace n on n.nspname = t.schema
          left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = t.name
     order by place`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  )
  return tables.map((table, index) => ({ ...table, bytes: rows[index]?.bytes ?? 0 }))
}

/** Whether a table is the user's: those of pgherd show nothing about the contents. */
export function isOfUser({ schema }: TableName): boolean {
  return schema !== healthSchema
}

/** `"schema"."name"` for SQL and for messages. */
export function quoted({ schema, name }: TableName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
}

function quoteIdentifier(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** Databases a client can connect to; `template0` never changes and lets nobody in. */
export async function listDatabases(
  client: pg.Client,
): Promise<readonly { readonly name: string; readonly bytes: number }[]> {
  const { rows } = await client.query<{ name: string; bytes: number }>(`
    select datname as name, pg_catalog.pg_database_size(oid)::float8 as bytes
    from pg_catalog.pg_database where datallowconn and not datistemplate order by datname`)
  return rows
}
