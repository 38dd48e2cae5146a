import type { Session } from '../connection/session.ts'
import { literal } from '../history/sql-text.ts'
import { columns, inForceIndex, qualified, type HistoryTable } from '../history/table.ts'

/** What the history table lacks, in words; nothing when it is whole or not there. */
export async function damageOf(session: Session, at: HistoryTable): Promise<readonly string[]> {
  const relation = `to_regclass(${literal(qualified(at))})`
  const { rows } = await session.query(`select ${relation} is not null as there,
(select coalesce(json_object_agg(attname, format_type(atttypid, atttypmod)), '{}') from pg_attribute where attrelid = ${relation} and attnum > 0 and not attisdropped)::text as columns,
exists (select from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = ${relation} and c.relname = ${literal(inForceIndex(at))} and i.indisunique and i.indisvalid) as indexed`)
  const [row] = rows
  if (row?.['there'] !== true) return []
  const present = JSON.parse(String(row['columns'])) as Record<string, string>
  const wrong = Object.entries(columns).flatMap(([name, declared]) => {
    const type = present[name]
    if (type === undefined) return [`column ${name} is missing`]
    return typeOf(declared) === type ? [] : [`column ${name} is ${type} and should be ${typeOf(declared)}`]
  })
  return [
    ...wrong,
    ...(row['indexed'] === true
      ? []
      : ['the index that lets a version be in force only once is missing or invalid']),
  ]
}

/** The type of a declaration, as format_type writes it. */
function typeOf(declared: string): string {
  if (declared.startsWith('timestamptz')) return 'timestamp with time zone'
  if (declared.startsWith('double precision')) return 'double precision'
  return declared.split(' ')[0] ?? ''
}
