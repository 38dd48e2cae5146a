import { hash } from 'node:crypto'
import { identifier } from './sql-text.ts'

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

/** What of the database decides how the table is made. */
export interface TableGround {
  /** Making the schema asks for a right on the database. */
  readonly hasSchema: boolean
  /** Who could write to it by default privileges, beside its owner: a list for SQL, empty when nobody. */
  readonly otherWriters: string
}

/**
 * What makes the table, and its schema when that is missing. Nobody but the owner may write to it, whatever default
 * privileges say: an application that may write all tables could otherwise make migrations undone, or have them run
 * again. A grant made by hand later stays.
 */
export function createTableSql(at: HistoryTable, { hasSchema, otherWriters }: TableGround): string {
  const declared = Object.entries(columns).map(([name, type]) => `  ${name} ${type}`)
  return [
    ...(hasSchema ? [] : [`create schema ${identifier(at.schema)};`]),
    `create table ${qualified(at)} (\n${declared.join(',\n')}\n);`,
    createIndexSql(at),
    ...(otherWriters === ''
      ? []
      : [
          `revoke insert, update, delete, truncate, references, trigger on ${qualified(at)} from ${otherWriters};`,
        ]),
  ].join('\n')
}

/**
 * The key of the advisory lock, as a signed 64-bit number in decimal: of each history table its own. Advisory locks belong
 * to a database, so the database is not part of it.
 */
export function lockKey({ schema, table }: HistoryTable): string {
  const digest = Buffer.from(hash('sha256', `pgherd migrate ${JSON.stringify([schema, table])}`), 'hex')
  return digest.readBigInt64BE().toString()
}
