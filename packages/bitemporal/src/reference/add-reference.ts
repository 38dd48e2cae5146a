import { createHash } from 'node:crypto'
import type { ClientBase } from 'pg'
import { quoted, type Database } from '../database/database.ts'
import { column, type Query } from '../database/query.ts'
import { BitemporalError } from '../errors/bitemporal-error.ts'
import type { Reference } from './reference.ts'

const known: Query = {
  name: 'reference-known',
  text: (bt) => `
    select predicate = $2 and path is not distinct from $3::text[] and parent_schema = $4 and parent_predicate = $5
    from ${bt}.reference where name = $1`,
}
const note: Query = {
  name: 'reference-note',
  text: (bt) => `
    insert into ${bt}.reference (name, predicate, path, parent_schema, parent_predicate) values ($1, $2, $3, $4, $5)`,
}
const hasTrigger: Query = {
  name: 'reference-trigger',
  text: () => `select exists (select from pg_trigger where tgrelid = $1::regclass and tgname = $2)`,
}

/** Stores a reference and has the server enforce it from now on. Throws UncoveredReference, INVALID_OPTION. */
export async function addReference(
  database: Database,
  reference: Reference,
  client: ClientBase,
): Promise<void> {
  const { name, from, path, to } = reference
  const current = database.history === 'row_history' ? 'current_row' : 'current_fact'
  const child = `${database.bt}.${current}`
  const parent = `${quoted(to.schema)}.${await currentTable(database, to.schema, client)}`
  // nobody changes either side between the check and the first trigger
  await database.plain(client, `lock table ${child}, ${parent} in share row exclusive mode`)
  const values = [name, from, path ? arrayLiteral(path) : null, to.schema, to.predicate]
  const [same] = await database.run(known, values, client)
  if (same?.[0] === 't') return
  if (same) throw taken(name)
  await database.run(note, values, client)
  if (path) await makeIndex(database, child, path, client)
  await noteParent(database, reference, client)
  await makeTrigger(database, child, 'bitemporal_reference', 'insert or update', client)
  await makeTrigger(database, parent, 'bitemporal_referenced', 'update or delete', client)
  await checkAll(database, child, reference, client)
}

/** Of facts, or of a typed table. Throws NOT_INSTALLED where there is neither. */
async function currentTable(database: Database, schema: string, client: ClientBase): Promise<string> {
  const of = literal(quoted(schema))
  const [row] = await database.once(
    `select to_regclass(${of} || '.current_row') is not null, coalesce(
       to_regclass(${of} || '.current_row'), (${of} || '.current_fact')::regclass)`,
    [],
    client,
  )
  return row?.[0] === 't' ? 'current_row' : 'current_fact'
}

/** What a row says that it refers to, as SQL; by an index where it is no more than 256 characters, which a subject is. */
function targetOf(row: string, path: readonly string[]): string {
  const [column_ = '', ...keys] = path
  if (column_ !== 'value') return `${row}${quoted(column_)}`
  return `(${row}value #>> ${literal(arrayLiteral(keys))})`
}

/** By which whoever is referred to finds who refers; one for each path, whatever the predicate. */
async function makeIndex(
  database: Database,
  child: string,
  path: readonly string[],
  client: ClientBase,
): Promise<void> {
  const target = targetOf('', path)
  const name = `reference_${createHash('sha256').update(target).digest('hex').slice(0, 16)}`
  await database.plain(client, `create index if not exists ${name} on ${child} (left(${target}, 256))`)
}

async function noteParent(
  database: Database,
  { name, from, path, to }: Reference,
  client: ClientBase,
): Promise<void> {
  const current = database.history === 'row_history' ? 'current_row' : 'current_fact'
  const target = path ? targetOf('f.', path) : 'k.subject'
  const refers = path ? `left(${target}, 256) = $1 and ${target} = $1` : 'k.subject = $1'
  const find = `select k.subject, k.predicate, f.valid_from, f.valid_to
    from ${database.bt}.${current} f join ${database.bt}.fact_key k on k.id = f.key_id
    where k.predicate = ${literal(from)} and ${refers} and f.valid_from < $3 and f.valid_to > $2`
  await database.once(
    `insert into ${quoted(to.schema)}.referenced_by (child_schema, name, predicate, find) values ($1, $2, $3, $4)`,
    [database.schema, name, to.predicate, find],
    client,
  )
}

async function makeTrigger(
  database: Database,
  table: string,
  name: 'bitemporal_reference' | 'bitemporal_referenced',
  when: string,
  client: ClientBase,
): Promise<void> {
  const [row] = await database.run(hasTrigger, [table, name], client)
  if (column(row, 0) === 't') return
  const [schema = ''] = table.split('.')
  const check = name === 'bitemporal_reference' ? 'check_reference' : 'check_referenced'
  await database.plain(
    client,
    `create constraint trigger ${name} after ${when} on ${table} deferrable initially deferred
       for each row execute function ${schema}.${check}()`,
  )
}

/** What is there already has to be covered too. */
async function checkAll(
  database: Database,
  child: string,
  { name, from, path, to }: Reference,
  client: ClientBase,
): Promise<void> {
  const target = path ? targetOf('f.', path) : 'k.subject'
  const { bt } = database
  await database.plain(
    client,
    `select ${bt}.refuse_reference(${literal(name)}, k.predicate, k.subject, f.valid_from, f.valid_to,
        ${literal(to.predicate)}, ${target}, u.uncovered)
      from ${child} f join ${bt}.fact_key k on k.id = f.key_id
        cross join lateral ${quoted(to.schema)}.lock_and_look(
          ${literal(to.predicate)}, ${target}, f.valid_from, f.valid_to) as u (uncovered)
      where k.predicate = ${literal(from)} and ${target} is not null and not isempty(u.uncovered) limit 1`,
  )
}

/** A text array as PostgreSQL reads it. */
function arrayLiteral(elements: readonly string[]): string {
  return `{${elements.map((element) => `"${element.replace(/["\\]/g, '\\$&')}"`).join(',')}}`
}

/** A text as SQL reads it, whatever standard_conforming_strings says. */
function literal(text: string): string {
  const doubled = `'${text.replaceAll(`'`, `''`)}'`
  return doubled.includes('\\') ? ` E${doubled.replaceAll('\\', '\\\\')}` : doubled
}

function taken(name: string): BitemporalError {
  return new BitemporalError('INVALID_OPTION', {
    detail: `there is a reference ${JSON.stringify(name)} already, of something else`,
    why: 'it is named in errors, and removed by its name',
    mend: 'Pass another `name`, or remove the one that is there.',
  })
}
