import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { formatPath, type SpecPath } from '../path.ts'
import { specSchema, type Spec } from '../schema.ts'
import type { SpecRule } from './rule.ts'

/** What only a cluster reads, beside Redis. */
const fields: readonly SpecPath[] = [
  ['topology', 'addresses'],
  ['topology', 'gateway'],
  ['topology', 'domains'],
  ['topology', 'failover'],
  ['topology', 'lagOnFailover'],
  ['topology', 'slotKeep'],
  ['routing'],
  ['pooler'],
  ['drills', 'schedule'],
  ['drills', 'window'],
]

/** A spec that says nothing about clusters. */
const plain = specSchema.parse({ name: 'a' })

function valueOf(spec: Spec, path: SpecPath): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], spec)
}

export const clusterSectionsUnused: SpecRule = {
  id: 'cluster-sections-unused',
  why: 'It would change nothing: a single server has no router, no pools and no members to lose.',
  *examine(spec): Iterable<SpecFinding> {
    if (asksForCluster(spec)) return
    if (spec.redis) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail:
          'redis asks for Redis beside a cluster, but topology.members is 1, so it would never be started',
        mend: mend.advice('write topology.members: 3, or remove redis'),
        path: ['redis'],
        involves: [['topology', 'members']],
      }
    }
    for (const path of fields) {
      if (JSON.stringify(valueOf(spec, path)) === JSON.stringify(valueOf(plain, path))) continue
      yield {
        code: 'SPEC_DOUBTFUL',
        detail: `${formatPath(path)} is for a cluster, but topology.members is 1, so it changes nothing`,
        mend: mend.advice(`write topology.members: 3, or remove ${formatPath(path)}`),
        path,
        involves: [['topology', 'members']],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      routing: { write: 5000 },
      pooler: { queryWait: '2min' },
      drills: { objectives: { writeGap: '5s' } },
    },
    bad: [
      { spec: { name: 'a', redis: {} }, at: 'redis' },
      { spec: { name: 'a', routing: { write: 6000 } }, at: 'routing' },
      { spec: { name: 'a', pooler: { clients: 5 } }, at: 'pooler' },
      { spec: { name: 'a', drills: { schedule: { switchover: '0 4 * * *' } } }, at: 'drills.schedule' },
      { spec: { name: 'a', drills: { window: '* 2 * * *' } }, at: 'drills.window' },
      { spec: { name: 'a', topology: { addresses: ['10.0.0.1'] } }, at: 'topology.addresses' },
      { spec: { name: 'a', topology: { gateway: '10.0.0.1' } }, at: 'topology.gateway' },
    ],
  },
}
