import type { Session } from '../connection/session.ts'
import { identifier, literal } from '../history/sql-text.ts'
import { columns, createIndexSql, createTableSql, inForceIndex, qualified } from '../history/table.ts'
import type { Ground } from '../run/ground.ts'
import type { Settled } from '../run/options.ts'
import type { Migration } from '../source/migration.ts'
import { damageOf } from './table-damage.ts'
import { refused } from './action.ts'

/**
 * Tracking table damaged: puts the table aside under another name, makes a new one, takes over every row that has a
 * version, one in force for each, and fills what is lost from the files. All of it in one transaction.
 */
export async function rebuildTable(
  session: Session,
  settled: Settled,
  ground: Ground,
  migrations: readonly Migration[],
): Promise<string> {
  const { table } = settled
  if (!ground.hasTable)
    throw refused(
      undefined,
      'there is no history table',
      `begin one with baseline, or repair with { kind: 'adopt' }`,
    )
  const damage = await damageOf(session, table)
  if (damage.length === 0) throw refused(undefined, 'the history table is whole', 'there is nothing to do')
  const present = await columnsOf(session, table)
  if (!present.has('version'))
    throw refused(
      undefined,
      'the table has no column "version", so nothing can be taken over',
      'rename the table, then begin a history with baseline',
    )
  const aside = `${table.table.slice(0, 30)}_damaged_${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`
  const taken = Object.keys(columns).filter((name) => present.has(name) && name !== 'id')
  const old = qualified({ ...table, table: aside })
  const newest = present.has('id') ? 'id' : 'ctid'
  const force = present.has('state') ? `state in ('running', 'undoing', 'applied', 'baseline')` : 'true'
  const fill = migrations.map(
    ({ version, name, checksum, rawChecksum, up, down }) =>
      `update ${qualified(table)} set name = ${literal(name)}, checksum = ${literal(checksum)}, raw_checksum = ${literal(rawChecksum)}, up_text = ${literal(up.text)}, down_text = ${literal(down?.text)} where version = ${version} and checksum = '';`,
  )
  await session.query(`begin;
alter index if exists ${identifier(table.schema)}.${identifier(inForceIndex(table))} rename to ${identifier(`${aside}_ix`)};
alter table ${qualified(table)} rename to ${identifier(aside)};
${createTableSql(table, ground).replace(createIndexSql(table), '')}
insert into ${qualified(table)} (${taken.join(', ')})
select ${taken.map((name) => `o.${name}`).join(', ')} from ${old} o
where version is not null and not (${force} and exists (select from ${old} n where n.version = o.version and n.${newest} > o.${newest} and (${force.replace('state', 'n.state')})))
order by o.${newest};
${createIndexSql(table)}
update ${qualified(table)} set notes = notes || (clock_timestamp()::text || ' ' || session_user || ' ' || ${literal(`${settled.who}: taken over from ${aside}: ${damage.join('; ')}`)});
${fill.join('\n')}
commit`)
  return `the history table was made anew (${damage.join('; ')}); the damaged one is kept as ${old}`
}

async function columnsOf(session: Session, table: Settled['table']): Promise<ReadonlySet<string>> {
  const { rows } = await session.query(
    `select attname from pg_attribute where attrelid = to_regclass(${literal(qualified(table))}) and attnum > 0 and not attisdropped`,
  )
  return new Set(rows.map((row) => String(row['attname'])))
}
