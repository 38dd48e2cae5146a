import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { ClusterObservation } from './observation.ts'
import { sampleCluster } from './sample-cluster.ts'

/** Nobody holds the leader lock: no writes until a member is elected. */
export const clusterLeaderless: Check<ClusterObservation> = {
  id: 'cluster-leaderless',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.cluster ?? undefined },
  judge({ leader, members }, { member }) {
    if (leader !== undefined) return []
    return [
      diagnose('CLUSTER_LEADERLESS', {
        detail: `The cluster behind ${member.name} has no primary (${members.map(({ name, state }) => `${name}: ${state}`).join(', ')}); writes fail until one is elected.`,
        mend: mend.run('pgherd', 'logs', 'patroni'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'all is well', facts: sampleCluster, expect: [] },
    {
      about: 'nobody leads',
      facts: (({ leader: _leader, ...rest }) => rest)(sampleCluster),
      expect: ['CLUSTER_LEADERLESS'],
    },
  ],
}
