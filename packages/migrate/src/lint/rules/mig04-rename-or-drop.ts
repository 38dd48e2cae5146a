import type { Node } from 'libpg-query'
import type { JudgedStatement, MetEffect, Rule } from './rule.ts'

/** Source: ops.md MIG04. Old and new programs run side by side while a release is rolled out. */
export const renameOrDrop: Rule = {
  code: 'MIG04',
  why: 'programs of the release before still ask for the old name while the new one is rolled out',
  examine({ statements }, index) {
    const statement = statements[index]
    if (!statement) return []
    return statement.effects
      .filter((effect) => takesAway(effect, statement))
      .map((effect) => ({
        detail: `${effect.what} on ${effect.relation} takes away what running programs may use${traffic(effect)}; their statements fail from this moment on`,
        mend: effect.what.startsWith('RENAME')
          ? 'add the new name beside the old one (a column with a trigger, a view), move the programs, and drop the old one in a later release'
          : 'deploy a release that does not use it first, and say so: -- pgherd: allow MIG04 because ...',
      }))
  },
  examples: {
    bad: [
      'alter table orders rename to purchases',
      'alter table orders rename column no to number',
      'alter table orders drop column note',
      'drop table orders',
      'drop view current_orders',
    ],
    good: [
      'alter table orders rename constraint orders_no to orders_number',
      'alter table orders alter column note drop default',
      'alter table orders drop constraint orders_no',
      'alter index orders_no rename to orders_number',
      'create table fresh (id int); drop table fresh',
    ],
  },
}

function takesAway({ what }: MetEffect, { node }: JudgedStatement): boolean {
  if (what.startsWith('RENAME')) return isNameInUse(node)
  return what === 'DROP' || what.startsWith('DROP COLUMN')
}

/** Programs name tables, views and columns; nobody names constraints, triggers or indexes. */
function isNameInUse(node: Node): boolean {
  if (!('RenameStmt' in node)) return false
  return ['OBJECT_TABLE', 'OBJECT_COLUMN', 'OBJECT_VIEW', 'OBJECT_MATVIEW'].includes(
    node.RenameStmt.renameType ?? '',
  )
}

function traffic({ table }: MetEffect): string {
  if (table.kind !== 'existing') return ''
  const { readsPerSecond, writesPerSecond } = table.facts
  return ` (${readsPerSecond.toFixed(1)} scans and ${writesPerSecond.toFixed(1)} changes of rows per second on average)`
}
