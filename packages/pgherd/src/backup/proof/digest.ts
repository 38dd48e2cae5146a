import type pg from 'pg'
import { quoted, type TableName } from './user-tables.ts'

/** What a table holds, independent of the order of its rows. Equal digests mean equal rows. */
export interface TableDigest {
  readonly rows: string
  readonly first: string
  readonly second: string
}

/** The same text for the same value on both servers, whatever the database or the role sets (PostgreSQL docs, 20.11). */
const settings: Readonly<Record<string, string>> = {
  search_path: '',
  datestyle: 'ISO, YMD',
  intervalstyle: 'iso_8601',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  lc_monetary: 'C',
  jit: 'off',
  // One process is enough: the budget is measured, and the live server has its users to serve.
  max_parallel_workers_per_gather: '0',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
}

/** Fixes everything that turns values into text for the rest of the session. */
export async function fixTextForms(client: pg.Client): Promise<void> {
  // transaction_timeout came with 17: only settings that exist are set.
  await client.query(
    `select pg_catalog.set_config(s.name, w.value, false)
     from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as w(name, value)
     join pg_catalog.pg_settings s on pg_catalog.lower(s.name) = w.name`,
    [Object.keys(settings), Object.values(settings)],
  )
}

/** Any fixed number: it decides which blocks a sample reads, the same ones on both servers. */
const sampleSeed = 20_261_121

/**
 * Counts the rows and adds up two independent 64-bit hashes of their text, so that the order of rows does not
 * matter and two differences do not cancel out by chance.
 *
 * Below 100 percent whole blocks are sampled. SYSTEM decides by a hash of seed and block number alone
 * (src/backend/access/tablesample/system.c); a restored table has its rows in the same blocks, and blocks that
 * only one side has hold rows that neither snapshot sees.
 */
export async function digestTable(
  client: pg.Client,
  table: TableName,
  percent: number,
): Promise<TableDigest> {
  const sample = percent >= 100 ? '' : ` tablesample system (${percent}) repeatable (${sampleSeed})`
  const hash = (seed: number) =>
    `coalesce(sum(hashtextextended(row(pgherd_row.*)::text collate "C", ${seed})), 0)::text`
  const { rows } = await client.query<TableDigest>(
    `select count(*)::text as rows, ${hash(0)} as first, ${hash(7_919)} as second
     from only ${quoted(table)} as pgherd_row${sample}`,
  )
  const [digest] = rows
  if (!digest) throw new Error('an aggregate without GROUP BY always gives one row')
  return digest
}

export function sameDigest(one: TableDigest, other: TableDigest): boolean {
  return one.rows === other.rows && one.first === other.first && one.second === other.second
}
