import { size } from '../estimate.ts'
import type { MetEffect, Rule } from './rule.ts'
import { severityBySize, whereAndHowLong } from './table-words.ts'

/** Source: ops.md MIG03; PostgreSQL documentation, ALTER TABLE, notes on rewrites and on SET NOT NULL. */
export const wholeTableWork: Rule = {
  code: 'MIG03',
  why: 'a rewrite copies the table, and SET NOT NULL reads it, while nobody can use it',
  examine({ statements }, index) {
    return (statements[index]?.effects ?? [])
      .filter(({ what, work }) => isRewrite(what, work) || (what.includes('NOT NULL') && work === 'scan'))
      .map((effect) => ({
        detail: `${effect.what} ${effect.work === 'rewrite' ? 'writes the table anew' : 'reads every row'} while nobody can use it ${whereAndHowLong(effect)}${headroom(effect)}`,
        mend: mendOf(effect),
        ...severityBySize(effect),
      }))
  },
  examples: {
    bad: [
      'alter table orders alter column note set not null',
      'alter table orders add column token uuid default gen_random_uuid()',
      'alter table orders add column id bigserial',
      'alter table orders add column id bigint generated always as identity',
      'alter table orders add column total numeric generated always as (price * amount) stored',
      'alter table orders alter column id type bigint',
      'alter table orders set unlogged',
    ],
    good: [
      `alter table orders add column state text not null default 'new'`,
      'alter table orders add column at timestamptz default now()',
      'alter table orders alter column note drop not null',
      'alter table orders alter column token set default gen_random_uuid()',
      'create table fresh (id int); alter table fresh alter column id type bigint',
    ],
  },
}

/** VACUUM FULL and CLUSTER have a rule of their own; REFRESH writes a view anew because that is its purpose. */
function isRewrite(what: string, work: string): boolean {
  return work === 'rewrite' && !/^(VACUUM|CLUSTER|REFRESH)/.test(what)
}

function headroom({ work, table }: MetEffect): string {
  if (work !== 'rewrite' || table.kind !== 'existing') return ''
  return `; needs ${size(table.facts.bytes + table.facts.indexBytes)} of free disk and as much WAL`
}

function mendOf({ what }: MetEffect): string {
  if (what.includes('NOT NULL'))
    return 'add CHECK (column IS NOT NULL) NOT VALID, validate it in the next migration, then SET NOT NULL, which takes the constraint for proof'
  if (what.startsWith('ADD COLUMN'))
    return 'add the column without the default, set the default for new rows, and fill old rows in batches'
  if (what.startsWith('ALTER COLUMN'))
    return 'add a column of the new type, keep it filled by a trigger, fill old rows in batches, then exchange the names'
  return 'do it at a time when nobody needs the table, or build a new table and exchange the names'
}
