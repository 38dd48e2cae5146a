import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { ClusterObservation } from './observation.ts'
import { sampleCluster } from './sample-cluster.ts'

/** A member of etcd that does not answer while the others still have a majority: nobody notices until the next one goes. */
export const etcdMemberAway: Check<ClusterObservation> = {
  id: 'etcd-member-away',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.cluster ?? undefined },
  judge({ etcd }) {
    // without a majority that is the finding
    if (!etcd.quorum) return []
    const left = etcd.members.filter(({ healthy }) => healthy).length
    const spare = left - (Math.floor(etcd.members.length / 2) + 1)
    return etcd.members
      .filter(({ healthy }) => !healthy)
      .map(({ name }) =>
        diagnose('ETCD_MEMBER_AWAY', {
          detail: `etcd of ${name} does not answer; ${spare > 0 ? `the majority survives the loss of ${spare} more` : 'with one more lost there is no majority, and so no failover'}.`,
          mend: mend.run('pgherd', 'up'),
          at: { member: name },
        }),
      )
  },
  samples: [
    { about: 'all is well', facts: sampleCluster, expect: [] },
    {
      about: 'one of three is away',
      facts: {
        ...sampleCluster,
        etcd: {
          quorum: true,
          members: sampleCluster.etcd.members.map((each, index) => ({ ...each, healthy: index > 0 })),
        },
      },
      expect: ['ETCD_MEMBER_AWAY'],
    },
    {
      about: 'without a majority it is another finding',
      facts: {
        ...sampleCluster,
        etcd: {
          quorum: false,
          members: sampleCluster.etcd.members.map((each) => ({ ...each, healthy: false })),
        },
      },
      expect: [],
    },
  ],
}
