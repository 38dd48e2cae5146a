import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster, majorityOf } from '../cluster.ts'
import type { SpecFinding } from '../finding.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

export const clusterDomains: SpecRule = {
  id: 'cluster-domains',
  why: 'What takes the majority down with it stops the cluster, however many members there are.',
  *examine(spec): Iterable<SpecFinding> {
    const { domains, members } = spec.topology
    if (!asksForCluster(spec) || !domains) return
    if (domains.length !== members) {
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `topology.domains has ${domains.length} of them for ${members} members; each member is in one, in order`,
        mend: mend.advice('write one failure domain for each member, or leave topology.domains out'),
        path: ['topology', 'domains'],
        involves: [['topology', 'members']],
      }
      return
    }
    // an even number is refused for itself, and an odd one puts the figures right
    if (members % 2 === 0) return
    const majority = majorityOf(members)
    for (const domain of new Set(domains)) {
      const inside = domains.filter((each) => each === domain).length
      if (members - inside >= majority) continue
      yield {
        code: 'SPEC_UNSAFE',
        detail: `${inside} of ${members} members are in the failure domain ${shown(domain)}; when it fails, ${members - inside} of them left are fewer than the majority of ${majority}, and without one nobody may be primary`,
        mend: mend.advice(
          `keep at most ${members - majority} of ${members} members in one failure domain, which takes three domains`,
        ),
        path: ['topology', 'domains'],
        involves: [['topology', 'members']],
      }
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: 'system' },
      topology: { members: 5, domains: ['north', 'north', 'south', 'south', 'west'] },
    },
    bad: [['r1'], ['r1', 'r1', 'r1'], ['r1', 'r2', 'r1']].map((domains) => ({
      spec: { name: 'a', postgres: { binaries: 'system' as const }, topology: { members: 3, domains } },
      at: 'topology.domains',
    })),
  },
}
