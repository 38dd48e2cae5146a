import { waitsWithoutQueue } from '../../grammar/concurrent.ts'
import { blockedBy } from '../lock-mode.ts'
import type { Rule } from './rule.ts'
import { severityBySize, whereAndHowLong } from './table-words.ts'

const forms = ['CREATE INDEX', 'REINDEX', 'DROP INDEX', 'DETACH PARTITION']

/** Source: ops.md MIG01; PostgreSQL documentation, CREATE INDEX, "Building Indexes Concurrently". */
export const notConcurrent: Rule = {
  code: 'MIG01',
  why: 'a plain index build locks out writers until it is done; the CONCURRENTLY form lets everybody work, outside a transaction',
  examine({ transactional, statements }, index) {
    const statement = statements[index]
    if (!statement) return []
    if (waitsWithoutQueue(statement.node))
      return transactional
        ? [
            {
              detail: 'CONCURRENTLY cannot run inside a transaction, so the migration would fail',
              mend: 'put "-- pgherd: no-transaction" on the first line, and each such statement into a file of its own',
            },
          ]
        : []
    return statement.effects
      .filter(({ what }) => forms.includes(what))
      .map((effect) => ({
        detail: `${effect.what} keeps out ${blockedBy(effect.lock)} (${effect.lock}) ${whereAndHowLong(effect)}`,
        mend: `use ${effect.what} ... CONCURRENTLY in a file of its own that begins with "-- pgherd: no-transaction"`,
        ...severityBySize(effect),
      }))
  },
  examples: {
    bad: [
      'create index on orders (placed_at)',
      'create unique index orders_no on orders (no)',
      'drop index orders_no',
      'reindex table orders',
      'alter table orders detach partition orders_2020',
      'create index concurrently orders_no on orders (no)',
    ],
    good: [
      '-- pgherd: no-transaction\ncreate index concurrently orders_no on orders (no)',
      '-- pgherd: no-transaction\ndrop index concurrently orders_no',
      '-- pgherd: no-transaction\nreindex table concurrently orders',
      '-- pgherd: no-transaction\nalter table orders detach partition orders_2020 concurrently',
      'create table fresh (no int); create index on fresh (no)',
    ],
  },
}
