import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecRule } from './rule.ts'

const path = ['backups', 'synchronous']

export const clusterArchive: SpecRule = {
  id: 'cluster-archive',
  why: 'In a cluster Patroni alone decides which copies a commit waits for; the archive in that list would make it promote nobody.',
  *examine(spec) {
    if (!asksForCluster(spec) || !spec.backups.synchronous) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail:
        'backups.synchronous makes commits wait for the archive, and in a cluster they wait for a standby instead: topology.durability says which commits survive the loss of a member',
      mend: mend.edit('backups.synchronous', false),
      path,
      involves: [['topology', 'members']],
    }
  },
  examples: {
    good: { name: 'a', postgres: { binaries: 'system' }, topology: { members: 3 } },
    bad: [
      {
        spec: {
          name: 'a',
          postgres: { binaries: 'system' },
          topology: { members: 3 },
          backups: { synchronous: true },
        },
        at: 'backups.synchronous',
      },
    ],
  },
}
