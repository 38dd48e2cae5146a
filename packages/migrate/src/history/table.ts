import { hash } from 'node:crypto'
import { identifier, literal } from './sql-text.ts'

/** Where the history lies. Two applications that share a database use two of them. */
export interface HistoryTable {
  readonly schema: string
  readonly table: string
}

/** Where the history lies when nothing else is said. */
export const defaultTable: HistoryTable = { schema: 'pgherd_migrate', table: 'history' }

/** What a row of the history can be; `inForce` are those that say something about the present schema. */
export const states = ['running', 'undoing', 'applied', 'baseline', 'undone', 'failed'] as const
export type State = (typeof states)[number]
export const inForce = ['running', 'undoing', 'applied', 'baseline'] as const satisfies readonly State[]

const quotedList = (all: readonly string[]) => all.map((each) => `'${each}'`).join(', ')

/** The columns and how each is declared. `repair` adds what a damaged table lacks, so each default suits rows that lack it. */
export const columns = {
  id: 'bigint generated always as identity primary key',
  version: 'bigint not null',
  name: `text not null default ''`,
  state: `text not null default 'applied'`,
  kind: `text not null default 'sql'`,
  transactional: 'boolean not null default true',
  checksum: `text not null default ''`,
  raw_checksum: `text not null default ''`,
  up_text: `text not null default ''`,
  down_text: 'text',
  applied_by: 'text not null default session_user',
  applied_from: 'text',
  started_at: 'timestamptz not null default clock_timestamp()',
  finished_at: 'timestamptz',
  statements_done: 'integer not null default 0',
  error: 'text',
  undone_by: 'text',
  undone_from: 'text',
  undone_at: 'timestamptz',
  undone_ms: 'double precision',
  notes: `text[] not null default '{}'`,
} as const

/** The table's name in SQL. */
export function qualified({ schema, table }: HistoryTable): string {
  return `${identifier(schema)}.${identifier(table)}`
}

/** The unique index that lets a version be in force once. Its name is in the error two racing runners get. */
export function inForceIndex({ table }: HistoryTable): string {
  // PostgreSQL cuts names after 63 bytes
  return `${Buffer.from(table)
    .subarray(0, 40)
    .toString()
    .replace(/\ufffd+$/, '')}_in_force`
}

export function createIndexSql(at: HistoryTable): string {
  return `create unique index ${identifier(inForceIndex(at))} on ${qualified(at)} (version) where state in (${quotedList(inForce)});`
}

/** What makes the table; the schema only when it is missing, since making one asks for a right on the database. */
export function createTableSql(at: HistoryTable, hasSchema: boolean): string {
  const declared = Object.entries(columns).map(([name, type]) => `  ${name} ${type}`)
  return [
    ...(hasSchema ? [] : [`create schema ${identifier(at.schema)};`]),
    `create table ${qualified(at)} (\n${declared.join(',\n')}\n);`,
    createIndexSql(at),
    keepWritersOutSql(at),
  ].join('\n')
}

/**
 * Takes from everybody but the owner what default privileges gave on the new table, except reading: an application that may
 * write all tables could otherwise make migrations undone, or run again. A grant made by hand later stays.
 */
function keepWritersOutSql(at: HistoryTable): string {
  const body = `declare other record;
begin
  for other in select distinct c.oid::regclass as history, a.grantee from pg_class c, aclexplode(c.relacl) a
    where c.oid = to_regclass(${literal(qualified(at))}) and a.grantee <> c.relowner and a.privilege_type <> 'SELECT'
  loop
    execute format('revoke insert, update, delete, truncate, references, trigger on %s from %s', other.history,
      case other.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(other.grantee)) end);
  end loop;
end`
  return `do language plpgsql ${literal(body)};`
}

/**
 * The key of the advisory lock, as a signed 64-bit number in decimal: of each history table its own. Advisory locks belong
 * to a database, so the database is not part of it.
 */
export function lockKey({ schema, table }: HistoryTable): string {
  const digest = Buffer.from(hash('sha256', `pgherd migrate ${JSON.stringify([schema, table])}`), 'hex')
  return digest.readBigInt64BE().toString()
}
