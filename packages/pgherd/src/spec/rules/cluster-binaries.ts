import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecRule } from './rule.ts'

export const clusterBinaries: SpecRule = {
  id: 'cluster-binaries',
  why: 'The embedded programs lack what Patroni calls.',
  *examine(spec) {
    if (!asksForCluster(spec) || spec.postgres.binaries !== 'embedded') return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail:
        'topology.members asks for a cluster, but postgres.binaries is embedded: those programs come without pg_basebackup, pg_rewind and pg_isready, which Patroni needs',
      mend: mend.edit('postgres.binaries', 'system'),
      path: ['postgres', 'binaries'],
      involves: [['topology', 'members']],
    }
  },
  examples: {
    good: {
      name: 'a',
      postgres: { binaries: { path: '/opt/postgres/bin' }, version: 15 },
      topology: { members: 3 },
    },
    bad: [{ spec: { name: 'a', topology: { members: 3 } }, at: 'postgres.binaries' }],
  },
}
