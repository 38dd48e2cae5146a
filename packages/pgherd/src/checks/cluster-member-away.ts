import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { ClusterObservation } from './observation.ts'
import { sampleCluster } from './sample-cluster.ts'

/** A member that does not stream: the cluster survives one loss less. */
export const clusterMemberAway: Check<ClusterObservation> = {
  id: 'cluster-member-away',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.cluster ?? undefined },
  judge({ leader, members }) {
    return members
      .filter(
        ({ name, role, state }) =>
          name !== leader && (role === 'unreachable' || !['running', 'streaming'].includes(state)),
      )
      .map(({ name, role, state }) =>
        diagnose('CLUSTER_MEMBER_AWAY', {
          detail: `${name} ${role === 'unreachable' ? 'does not answer' : `is no working standby (${state})`}; until it streams again the cluster survives one loss less.`,
          mend: mend.run('pgherd', 'up'),
          at: { member: name },
        }),
      )
  },
  samples: [
    { about: 'all is well', facts: sampleCluster, expect: [] },
    {
      about: 'one does not answer',
      facts: {
        ...sampleCluster,
        leader: 'pg2',
        members: sampleCluster.members.map((each) =>
          each.name === 'pg1' ? { ...each, role: 'unreachable', state: 'unreachable' } : each,
        ),
      },
      expect: ['CLUSTER_MEMBER_AWAY'],
    },
  ],
}
