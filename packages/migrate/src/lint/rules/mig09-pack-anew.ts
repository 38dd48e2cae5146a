import type { Rule } from './rule.ts'
import { severityBySize, whereAndHowLong } from './table-words.ts'

/** Source: ops.md MIG09; PostgreSQL 19 has REPACK (CONCURRENTLY). */
export const packAnew: Rule = {
  code: 'MIG09',
  why: 'VACUUM FULL and CLUSTER copy the table while nobody can read it; REPACK CONCURRENTLY (PostgreSQL 19) copies it beside its users',
  examine({ statements, major }, index) {
    return (statements[index]?.effects ?? [])
      .filter(({ what }) => what === 'VACUUM FULL' || what === 'CLUSTER')
      .map((effect) => ({
        detail: `${effect.what} keeps out everybody, readers too, ${whereAndHowLong(effect)}`,
        mend:
          major !== undefined && major >= 19
            ? 'use REPACK (CONCURRENTLY)'
            : 'use the extension pg_repack or pg_squeeze; from PostgreSQL 19 on, REPACK (CONCURRENTLY)',
        ...severityBySize(effect),
      }))
  },
  examples: {
    bad: [
      '-- pgherd: no-transaction\nvacuum full orders',
      '-- pgherd: no-transaction\nvacuum (full, analyze) orders',
      'cluster orders using orders_no',
    ],
    good: [
      '-- pgherd: no-transaction\nvacuum orders',
      '-- pgherd: no-transaction\nvacuum (analyze) orders',
      'analyze orders',
    ],
  },
}
