import { mend } from '../../diagnostic/diagnostic.ts'
import { isLoopback } from '../addresses.ts'
import { shown } from '../shown.ts'
import type { SpecRule } from './rule.ts'

export const agentExposed: SpecRule = {
  id: 'agent-exposed',
  why: 'The interface is for this machine: it tells much about the database, and takes orders.',
  *examine(spec) {
    const { listen } = spec.agent
    if (isLoopback(listen)) return
    yield {
      code: 'SPEC_UNSAFE',
      detail: `agent.listen ${shown(listen)} can be reached from other machines, and the interface is for this one: reach it through an SSH tunnel, or a reverse proxy that checks who asks`,
      mend: mend.edit('agent.listen', '127.0.0.1'),
      path: ['agent', 'listen'],
    }
  },
  examples: {
    good: { name: 'a', agent: { listen: '::1' } },
    bad: [
      { spec: { name: 'a', agent: { listen: '0.0.0.0' } }, at: 'agent.listen' },
      { spec: { name: 'a', agent: { listen: 'db.example.org' } }, at: 'agent.listen' },
    ],
  },
}
