import { size } from '../estimate.ts'
import type { Rule } from './rule.ts'
import { whereAndHowLong } from './table-words.ts'

/** Below this a change of every row is over in a moment. */
const manyRows = 10_000

/** Source: ops.md MIG08. */
export const unbatched: Rule = {
  code: 'MIG08',
  why: 'one statement over every row keeps all of them locked, holds back vacuum, doubles the table and lets standbys lag',
  examine({ statements, replicas }, index) {
    return (statements[index]?.effects ?? [])
      .filter(
        ({ what, work, table }) =>
          work === 'rows' &&
          what.endsWith('of every row') &&
          (table.kind !== 'existing' || table.facts.rows >= manyRows),
      )
      .map((effect) => ({
        detail: `${effect.what} in one transaction ${whereAndHowLong(effect)}: each row stays locked until its end${growth(effect)}${replicas > 0 ? `, and ${replicas} standby servers replay all of it` : ''}`,
        mend: 'change some thousand rows at a time, each batch committed by itself (a migration that is a module without transaction can loop), and let vacuum follow',
      }))
  },
  examples: {
    bad: ['update orders set note = lower(note)', 'delete from orders'],
    good: [
      'update orders set note = lower(note) where id between 1 and 1000',
      'create table fresh (id int); update fresh set id = 1',
      'insert into orders (note) values (1)',
    ],
  },
}

function growth({
  what,
  table,
}: {
  what: string
  table: { kind: string; facts?: { bytes: number } }
}): string {
  if (table.facts === undefined || !what.startsWith('UPDATE')) return ''
  return `, the table grows by up to ${size(table.facts.bytes)} and the WAL by more`
}
