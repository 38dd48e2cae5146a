import type { ClusterObservation } from './observation.ts'

/** A cluster of three as it should be; the samples of checks start from it. */
export const sampleCluster: ClusterObservation = {
  leader: 'pg1',
  members: [
    { name: 'pg1', role: 'primary', state: 'running', timeline: 3, sync: 'none' },
    {
      name: 'pg2',
      role: 'standby',
      state: 'streaming',
      timeline: 3,
      lagBytes: 0,
      sync: 'sync',
    },
    {
      name: 'pg3',
      role: 'standby',
      state: 'streaming',
      timeline: 3,
      lagBytes: 80,
      lagSeconds: 0.4,
      sync: 'async',
    },
  ],
  etcd: {
    quorum: true,
    members: [
      { name: 'pg1', healthy: true },
      { name: 'pg2', healthy: true },
      { name: 'pg3', healthy: true },
    ],
  },
  paused: false,
  failsafeActive: false,
  synchronous: ['pg2'],
}
