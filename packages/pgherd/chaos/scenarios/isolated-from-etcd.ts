import { aimAtLeader, ledByAnother } from '../../src/operations/drill/drill.ts'
import { siteOf } from '../../src/operations/drill/world.ts'
import type { Scenario } from '../scenario.ts'

/**
 * The primary loses etcd and the consent of the others at once, while its PostgreSQL is within everybody's reach: a
 * synchronous standby still confirms its commits, and nothing but its own stepping down keeps it from being a second
 * primary. That has to come before another is promoted. The drill partition-dcs is the other half: with their consent it stays.
 */
export const isolatedFromEtcd: Scenario = {
  name: 'isolated-from-etcd',
  usualSeconds: 45,
  fault: 'held',
  holdSeconds: ({ lease }) => lease,
  needs: [],
  says: ({ member }) => ({
    does: `cuts ${member}, the primary, off from etcd and from the Patronis of the others; its PostgreSQL is still reached by all`,
    risk: 'clients wait until the lease runs out and a standby takes over',
    expects: `${member} steps down before a standby is promoted`,
  }),
  aim: (_world, view) => Promise.resolve(aimAtLeader(view)),
  inject(world, { member }) {
    const { faults, member: hit } = siteOf(world, member)
    return faults.isolate([hit.ports.etcdClient, hit.ports.etcdPeer, hit.ports.patroni])
  },
  heal: (world, { member }) => siteOf(world, member).faults.rejoin(),
  consequence: ledByAnother,
  expectation: ({ memberLoss }) => ({
    writeGap: memberLoss,
    basis: 'the lease runs out, a standby takes over, routing',
  }),
}
