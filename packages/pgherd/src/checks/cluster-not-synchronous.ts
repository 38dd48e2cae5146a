import { diagnose, mend } from '../diagnostic/diagnostic.ts'
import { durabilityOf } from '../components/patroni/durability.ts'
import type { Check } from './check.ts'
import type { ClusterObservation } from './observation.ts'
import { sampleCluster } from './sample-cluster.ts'

/** Commits are promised to be on a second member, and no member confirms them. */
export const clusterNotSynchronous: Check<ClusterObservation> = {
  id: 'cluster-not-synchronous',
  about: 'server',
  everySeconds: 5,
  probe: { kind: 'observed', read: (observation) => observation.cluster ?? undefined },
  judge({ leader, synchronous }, { spec, member }) {
    const promised = durabilityOf(spec)
    if (leader === undefined || promised === 'async' || synchronous.length > 0) return []
    return [
      diagnose('CLUSTER_NOT_SYNCHRONOUS', {
        detail: `No standby of ${leader} confirms commits of the cluster behind ${member.name}, although topology.durability is ${promised}: ${promised === 'strict' ? 'writes wait for one' : `what is committed now is lost with ${leader}`}.`,
        mend: mend.run('pgherd', 'status'),
        at: { member: member.name },
      }),
    ]
  },
  samples: [
    { about: 'all is well', facts: sampleCluster, expect: [] },
    {
      about: 'nobody confirms',
      facts: { ...sampleCluster, synchronous: [] },
      expect: ['CLUSTER_NOT_SYNCHRONOUS'],
    },
  ],
}
