import { quoted } from '../database/database.ts'
import type { RowShape } from '../schema/row-shape.ts'
import { serverType, type Column } from './column-type.ts'

/** The pieces of SQL for a table with columns of its own. `bt` is its quoted schema. */
export function tableShape(bt: string, columns: readonly Column[]): RowShape {
  const names = columns.map(({ name }) => quoted(name))
  const of = (record: string): string => names.map((name) => `${record}.${name}`).join(', ')
  const definitions = columns.map(
    (column) => `${quoted(column.name)} ${serverType(column)}${column.nullable ? '' : ' not null'}`,
  )
  const filled = `jsonb_populate_record(null::${bt}.row_columns, `
  // one view for each table, with the row as the JSON that everything which reads facts expects
  const view = (name: string, table: string, times: string): string =>
    `create view ${bt}.${name} as select key_id, ${times},
       ${json(columns)} as value from ${bt}.${table};`
  return {
    current: 'current_row',
    history: 'row_history',
    definitions: definitions.join(',\n  '),
    columns: names.join(', '),
    held: of('r'),
    given: of('v'),
    assigned: names.map((name) => `${name} = v.${name}`).join(', '),
    same: `p_value is not null and (${of('r')}) is not distinct from (${of('v')})`,
    declared: `\n  v ${bt}.row_columns;`,
    filled: `  v := ${filled}p_value);\n`,
    unnested: of('v'),
    joined: `\n        cross join lateral ${filled}f.value) v`,
    faithful: `${json(columns, 'v.')} = f.value`,
    before: `create type ${bt}.row_columns as (
      ${columns.map((column) => `${quoted(column.name)} ${serverType(column)}`).join(', ')});`,
    after: [
      view('current_fact', 'current_row', 'valid_from, valid_to, recorded_from'),
      view('fact_history', 'row_history', 'valid_from, valid_to, recorded_from, recorded_to'),
      // with names and without numbers, for SQL of the user's
      `create view ${bt}.known_now as select k.subject, c.valid_from, c.valid_to, c.recorded_from, ${of('c')}
         from ${bt}.current_row c join ${bt}.fact_key k on k.id = c.key_id;
       create view ${bt}.ever_known as
         select k.subject, c.valid_from, c.valid_to, c.recorded_from, 'infinity'::timestamptz as recorded_to, ${of('c')}
           from ${bt}.current_row c join ${bt}.fact_key k on k.id = c.key_id
         union all
         select k.subject, h.valid_from, h.valid_to, h.recorded_from, h.recorded_to, ${of('h')}
           from ${bt}.row_history h join ${bt}.fact_key k on k.id = h.key_id;`,
    ].join('\n'),
  }
}

/** Exact whatever the settings of the session: numbers beyond a double as text, times in UTC. One call takes 100 arguments. */
function json(columns: readonly Column[], from = ''): string {
  const pairs = columns.map(({ name, base }) => {
    const column = `${from}${quoted(name)}`
    if (base === 'bigint' || base === 'numeric') return `'${name}', ${column}::text`
    if (base === 'timestamptz') return `'${name}', (to_jsonb(${column} at time zone 'UTC') #>> '{}') || 'Z'`
    return `'${name}', ${column}`
  })
  const parts: string[] = []
  for (let at = 0; at < pairs.length; at += 50)
    parts.push(`jsonb_build_object(${pairs.slice(at, at + 50).join(', ')})`)
  return parts.join(' || ')
}
