import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import { durationText } from '../quantities.ts'
import type { Spec } from '../schema.ts'
import type { SpecRule } from './rule.ts'

/**
 * Seconds a failover is sure to be over in, rounded up over every Patroni (4 wants a ttl of 20 at least); `plan`
 * shows the worst case of the one installed. A lease (ttl), a round of the loop, and a promotion that tries twice.
 */
const longest: Readonly<Record<Spec['topology']['failover'], number>> = { fast: 40, normal: 45, wide: 90 }

export const clusterFailoverTiming: SpecRule = {
  id: 'cluster-failover-timing',
  why: 'Clients that stop waiting before a failover is over get an error for every failover.',
  *examine(spec) {
    const { failover } = spec.topology
    const bound = longest[failover]
    if (!asksForCluster(spec) || spec.pooler.queryWait >= bound) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail: `pooler.queryWait is ${durationText(spec.pooler.queryWait)}, but a failover may take up to ${durationText(bound)} with topology.failover ${failover}, so waiting clients would be turned away before it is over`,
      mend: mend.edit('pooler.queryWait', '2min'),
      path: ['pooler', 'queryWait'],
      involves: [['topology', 'failover']],
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: 'system' },
      topology: { members: 3, failover: 'wide' },
      pooler: { queryWait: '90s' },
    },
    bad: [
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3 },
          pooler: { queryWait: '10s' },
        },
        at: 'pooler.queryWait',
      },
    ],
  },
}
