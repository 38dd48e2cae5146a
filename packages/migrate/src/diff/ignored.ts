import type { Policy, Predicate } from '@supabase/pg-delta/policy'
import { inForceIndex, type HistoryTable } from '../history/table.ts'

/** What is nobody's schema: the history table of the migrations, and whole schemas by name. */
export function ignoring(at: HistoryTable, schemas: readonly string[]): Policy {
  const { schema, table } = at
  // a schema of its own goes with the history; a shared one stays, without the table
  const whole = schema === 'public' ? schemas : [...schemas, schema]
  const own: Predicate[] =
    schema === 'public'
      ? [
          { all: [{ schema }, { name: [table, inForceIndex(at)] }] },
          { all: [{ schema }, { idField: { field: 'table', glob: table } }] },
          { target: { schema, name: table } },
        ]
      : []
  const match: Predicate = {
    any: [
      ...own,
      { schema: [...whole] },
      { all: [{ kind: 'schema' }, { name: [...whole] }] },
      { target: { schema: [...whole] } },
      { target: { kind: 'schema', name: [...whole] } },
    ],
  }
  return { id: 'pgherd-migrate', filter: [{ match, action: 'exclude' }] }
}
