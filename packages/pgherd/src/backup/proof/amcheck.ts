import pg from 'pg'

export interface StructureReport {
  readonly relations: number
  readonly checked: number
  readonly bytes: number
  readonly bytesChecked: number
  /** What is wrong, by relation. */
  readonly faults: readonly string[]
}

interface Relation {
  readonly oid: string
  readonly name: string
  readonly kind: 'heap' | 'btree'
  readonly bytes: number
}

/** Shared catalogues are looked at once, with the maintenance database. */
const listing = `
  select c.oid::text as oid, c.oid::pg_catalog.regclass::text as name,
         case when c.relkind = 'i' then 'btree' else 'heap' end as kind,
         coalesce(pg_catalog.pg_relation_size(c.oid), 0)::float8 as bytes
  from pg_catalog.pg_class c join pg_catalog.pg_am a on a.oid = c.relam
       left join pg_catalog.pg_index i on i.indexrelid = c.oid
  where c.relpersistence = 'p' and (not c.relisshared or pg_catalog.current_database() = 'postgres')
    and (c.relkind in ('r', 'm', 't') and a.amname = 'heap'
         or c.relkind = 'i' and a.amname = 'btree' and i.indisvalid and i.indisready)
  order by bytes`

/** Small relations are checked many at a time: a new database has hundreds of a page each. */
const batch = { relations: 200, bytes: 8 * 2 ** 20 } as const

/**
 * Checks the structure of every table, TOAST table and B-tree index of a database with the extension amcheck
 * (PostgreSQL docs, F.1), smallest first until the deadline. The server must take writes, since the extension is
 * created when it is missing: only on a throwaway copy. `deadline` is a value of performance.now().
 */
export async function checkStructure(client: pg.Client, deadline: number): Promise<StructureReport> {
  await client.query(`set search_path = ''`)
  const schema = await createAmcheck(client)
  const { rows } = await client.query<Relation>(listing)
  const faults: string[] = []
  let checked = 0
  let bytesChecked = 0
  for (const relations of inBatches(rows)) {
    const left = deadline - performance.now()
    if (left <= 0) break
    await client.query(`set statement_timeout = ${Math.ceil(left) + 2000}`)
    const found = await checkTogether(client, schema, relations)
    if (found === 'out of time') break
    faults.push(...found)
    checked += relations.length
    bytesChecked += relations.reduce((sum, each) => sum + each.bytes, 0)
  }
  const bytes = rows.reduce((sum, each) => sum + each.bytes, 0)
  return { relations: rows.length, checked, bytes, bytesChecked, faults }
}

async function createAmcheck(client: pg.Client): Promise<string> {
  await client.query('create schema if not exists pgherd')
  await client.query('create extension if not exists amcheck with schema pgherd')
  const { rows } = await client.query<{ schema: string }>(
    `select pg_catalog.quote_ident(n.nspname) as schema
     from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace where e.extname = 'amcheck'`,
  )
  return rows[0]?.schema ?? 'pgherd'
}

function* inBatches(relations: readonly Relation[]): Generator<readonly Relation[]> {
  let together: Relation[] = []
  let bytes = 0
  for (const relation of relations) {
    if (together.length > 0 && (together.length >= batch.relations || bytes + relation.bytes > batch.bytes)) {
      yield together
      together = []
      bytes = 0
    }
    together.push(relation)
    bytes += relation.bytes
  }
  if (together.length > 0) yield together
}

/** Checks one batch; when a check raises an error, each of the batch by itself, to name the one at fault. */
async function checkTogether(
  client: pg.Client,
  schema: string,
  relations: readonly Relation[],
): Promise<readonly string[] | 'out of time'> {
  const oids = (kind: Relation['kind']): string[] =>
    relations.filter((each) => each.kind === kind).map(({ oid }) => oid)
  try {
    const heap = await client.query<{ name: string; fault: string }>(
      `select r.oid::pg_catalog.regclass::text as name, pg_catalog.format('block %s: %s', v.blkno, v.msg) as fault
       from pg_catalog.unnest($1::oid[]) as r(oid), ${schema}.verify_heapam(r.oid::pg_catalog.regclass, check_toast => true) as v
       limit 20`,
      [oids('heap')],
    )
    await client.query(
      `select ${schema}.bt_index_check(r.oid::pg_catalog.regclass) from pg_catalog.unnest($1::oid[]) as r(oid)`,
      [oids('btree')],
    )
    return heap.rows.map(({ name, fault }) => `${name}: ${fault}`)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    if (error.code === '57014') return 'out of time'
    if (relations.length === 1) return [`${relations[0]?.name ?? ''}: ${error.message}`]
  }
  const faults: string[] = []
  for (const relation of relations) {
    const found = await checkTogether(client, schema, [relation])
    if (found === 'out of time') return found
    faults.push(...found)
  }
  return faults
}
