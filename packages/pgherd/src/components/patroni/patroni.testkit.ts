import { paperCluster, memberInput } from '../rendered-cluster.testkit.ts'
import type { SpecInput } from '../../spec/schema.ts'
import { tune } from '../../tuning/tune.ts'
import { factsOf } from '../../tuning/testdata/facts.ts'
import type { RenderInput } from '../component.ts'

/** What patroni.yml of a member is rendered from, with tuned settings and this Patroni. */
export function patroniInput(version: string, spec: Omit<SpecInput, 'name'> = {}, name = 'pg2'): RenderInput {
  const topology = paperCluster(spec)
  const facts = factsOf({
    programs: { patroni: { path: '/usr/bin/patroni', version } },
    postgres: { major: 15, version: '15.20', bin: '/usr/lib/postgresql/15/bin' },
  })
  return { ...memberInput(topology, name, facts), settings: tune(topology.spec, facts).settings }
}
