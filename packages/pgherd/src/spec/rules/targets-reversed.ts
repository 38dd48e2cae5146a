import { mend } from '../../diagnostic/diagnostic.ts'
import { durationText } from '../quantities.ts'
import type { SpecRule } from './rule.ts'

export const targetsReversed: SpecRule = {
  id: 'targets-reversed',
  why: 'Whatever 99 of 100 transactions stay below, 95 of 100 do too.',
  *examine(spec) {
    const { p95, p99 } = spec.targets
    if (p95 <= p99) return
    yield {
      code: 'SPEC_CONTRADICTION',
      detail: `targets.p95 (${durationText(p95)}) is above targets.p99 (${durationText(p99)}); whatever 99 of 100 transactions stay below, 95 do too`,
      mend: mend.edit('targets.p99', durationText(p95)),
      path: ['targets', 'p95'],
      involves: [['targets', 'p99']],
    }
  },
  examples: {
    good: { name: 'a', targets: { p95: '20ms', p99: '20ms' } },
    bad: [{ spec: { name: 'a', targets: { p95: '1s', p99: '900ms' } }, at: 'targets.p95' }],
  },
}
