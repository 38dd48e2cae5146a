import { mend } from '../../diagnostic/diagnostic.ts'
import type { SpecRule } from './rule.ts'

export const portClash: SpecRule = {
  id: 'port-clash',
  why: 'Two programs cannot listen on one port.',
  *examine(spec) {
    const { port } = spec.postgres
    if (port !== spec.agent.port) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail: `postgres.port and agent.port are both ${String(port)}; two programs cannot listen on one port`,
      mend: mend.edit('agent.port', port === 5210 ? 5211 : 5210),
      path: ['agent', 'port'],
      involves: [['postgres', 'port']],
    }
  },
  examples: {
    good: { name: 'a', postgres: { port: 5440 }, agent: { port: 5210 } },
    bad: [
      { spec: { name: 'a', postgres: { port: 5210 } }, at: 'agent.port' },
      { spec: { name: 'a', agent: { port: 5432 } }, at: 'agent.port' },
    ],
  },
}
