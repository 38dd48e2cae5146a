import type { JudgedScript, MetEffect, Rule, RuleFinding } from './rule.ts'
import { severityBySize, whereAndHowLong } from './table-words.ts'

const checked = ['CHECK', 'FOREIGN KEY']
const indexed = ['UNIQUE', 'PRIMARY KEY', 'EXCLUDE']
const beginsWith = (what: string, kinds: readonly string[]) => kinds.some((kind) => what.startsWith(kind))

/** Source: ops.md MIG02; PostgreSQL documentation, ALTER TABLE, notes on NOT VALID. */
export const validatedAtOnce: Rule = {
  code: 'MIG02',
  why: 'adding a constraint checks every row, or builds an index, under a lock; in two steps the long one lets others work',
  examine(script, index) {
    return (script.statements[index]?.effects ?? []).flatMap((effect): readonly RuleFinding[] => {
      const found = findingOf(effect) ?? validatedInSameTransaction(effect, script, index)
      return found ? [{ ...found, ...severityBySize(effect) }] : []
    })
  },
  examples: {
    bad: [
      'alter table orders add constraint paid check (total >= 0)',
      'alter table orders add foreign key (customer) references customers',
      'alter table orders add constraint orders_no unique (no)',
      'alter table orders add primary key (id)',
      'alter table orders add constraint paid check (total >= 0) not valid; alter table orders validate constraint paid',
      'alter table orders add column no int unique',
    ],
    good: [
      'alter table orders add constraint paid check (total >= 0) not valid',
      'alter table orders validate constraint paid',
      'alter table orders add foreign key (customer) references customers not valid',
      'alter table orders add constraint orders_no unique using index orders_no_ix',
      'create table lines (order_id bigint references orders)',
    ],
  },
}

function findingOf(effect: MetEffect): RuleFinding | undefined {
  const what = effect.what.replace(/^ADD COLUMN .* with /, '')
  // the table a foreign key points to is told by the table that has it
  if (what.endsWith('that points to it')) return undefined
  if (beginsWith(what, checked) && effect.work === 'scan')
    return {
      detail: `${effect.what} checks every row while others wait for ${effect.lock} ${whereAndHowLong(effect)}`,
      mend: 'add it NOT VALID here, and VALIDATE CONSTRAINT in the next migration, which lets others read and write',
    }
  if (beginsWith(what, indexed) && effect.work === 'build')
    return {
      detail: `${effect.what} builds its index while nobody can use the table ${whereAndHowLong(effect)}`,
      mend: 'CREATE UNIQUE INDEX CONCURRENTLY in a migration without transaction, then ADD CONSTRAINT ... USING INDEX in the next',
    }
  return undefined
}

/** NOT VALID takes the strong lock, and the transaction keeps it while VALIDATE reads the table. */
function validatedInSameTransaction(
  effect: MetEffect,
  { transactional, statements }: JudgedScript,
  index: number,
): RuleFinding | undefined {
  if (!transactional || !effect.what.startsWith('VALIDATE CONSTRAINT')) return undefined
  const isAddedHere = statements
    .slice(0, index)
    .some(({ effects }) =>
      effects.some(({ relation, what }) => relation === effect.relation && what.endsWith('NOT VALID')),
    )
  if (!isAddedHere) return undefined
  return {
    detail: `${effect.what} reads the table while the transaction still holds the lock that adding the constraint took ${whereAndHowLong(effect)}`,
    mend: 'put VALIDATE CONSTRAINT into a migration of its own',
  }
}
