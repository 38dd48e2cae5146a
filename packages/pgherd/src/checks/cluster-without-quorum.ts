import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Check } from './check.ts'
import type { ClusterObservation } from './observation.ts'
import { sampleCluster } from './sample-cluster.ts'

/** etcd has no majority: the primary goes on under failsafe mode at best, and nobody can take over from it. */
export const clusterWithoutQuorum: Check<ClusterObservation> = {
  id: 'cluster-without-quorum',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.cluster ?? undefined },
  judge({ etcd, failsafeActive }, { member }) {
    if (etcd.quorum) return []
    const dead = etcd.members.filter(({ healthy }) => !healthy).map(({ name }) => name)
    return [
      diagnose('CLUSTER_WITHOUT_QUORUM', {
        detail: `etcd of the cluster behind ${member.name} has no majority (${dead.join(', ') || 'its members disagree'}); ${failsafeActive ? 'the primary goes on as long as it reaches every other member, and' : 'writes stop, and'} no failover is possible.`,
        mend: mend.run('pgherd', 'logs', 'etcd'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'all is well', facts: sampleCluster, expect: [] },
    {
      about: 'one of three is left',
      facts: {
        ...sampleCluster,
        etcd: {
          quorum: false,
          members: sampleCluster.etcd.members.map((each, index) => ({ ...each, healthy: index === 0 })),
        },
      },
      expect: ['CLUSTER_WITHOUT_QUORUM'],
    },
  ],
}
