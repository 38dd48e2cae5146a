import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import { defaultAt } from '../schema-walk.ts'
import type { SpecRule } from './rule.ts'

const path = ['postgres', 'listen']

export const clusterListen: SpecRule = {
  id: 'cluster-listen',
  why: 'Each member of a cluster listens on the address topology gives it, so the field would change nothing.',
  *examine(spec) {
    const left = defaultAt(path)
    if (!asksForCluster(spec) || JSON.stringify(spec.postgres.listen) === JSON.stringify(left)) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail:
        'postgres.listen says where one server listens; in a cluster each member listens on its own of topology.addresses, and clients come to topology.gateway',
      mend: mend.edit('postgres.listen', left),
      path,
      involves: [['topology', 'members']],
    }
  },
  examples: {
    good: { name: 'a', postgres: { binaries: 'system', listen: ['127.0.0.1'] }, topology: { members: 3 } },
    bad: [
      {
        spec: { name: 'a', postgres: { binaries: 'system', listen: ['*'] }, topology: { members: 3 } },
        at: 'postgres.listen',
      },
    ],
  },
}
