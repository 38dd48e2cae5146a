import { mend } from '../../diagnostic/diagnostic.ts'
import { waitsForStandby } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { specSchema } from '../schema.ts'
import type { SpecRule } from './rule.ts'

const path = ['topology', 'lagOnFailover']
const { lagOnFailover: byDefault } = specSchema.parse({ name: 'a' }).topology

export const lagUnlimited: SpecRule = {
  id: 'lag-unlimited',
  why: 'It would change nothing: a standby that takes over has every acknowledged commit, whatever else it lacks.',
  *examine(spec): Iterable<SpecFinding> {
    if (!waitsForStandby(spec) || spec.topology.lagOnFailover === byDefault) return
    yield {
      code: 'SPEC_DOUBTFUL',
      detail:
        'topology.lagOnFailover limits what may be lost with durability async; here commits wait for a second member, and only one that has all of them takes over, so it changes nothing',
      mend: mend.advice('remove topology.lagOnFailover, or write topology.durability: async'),
      path,
      involves: [['topology', 'durability']],
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: 'system' },
      topology: { members: 3, durability: 'async', lagOnFailover: '4MB' },
      drills: { objectives: { lostWrites: 500 } },
    },
    bad: [
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3, lagOnFailover: '4MB' },
        },
        at: 'topology.lagOnFailover',
      },
    ],
  },
}
