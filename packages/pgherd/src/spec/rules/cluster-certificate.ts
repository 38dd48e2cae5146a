import { mend } from '../../diagnostic/diagnostic.ts'
import { asksForCluster } from '../cluster.ts'
import type { SpecRule } from './rule.ts'

const path = ['tls', 'certificate']

export const clusterCertificate: SpecRule = {
  id: 'cluster-certificate',
  why: 'The members of a cluster know each other by certificates of one CA, which has to issue one for every member.',
  *examine(spec) {
    if (!asksForCluster(spec) || !spec.tls.certificate) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail:
        'tls.certificate is one certificate, and every member of a cluster needs its own for etcd, Patroni and PostgreSQL; the CA of pgherd issues them, and clients are given its ca.crt',
      mend: mend.advice('take tls.certificate out of the spec'),
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
          tls: { certificate: { cert: 'a.crt', key: 'a.key', ca: 'ca.crt' } },
        },
        at: 'tls.certificate',
      },
    ],
  },
}
