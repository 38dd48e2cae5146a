import { mend } from '../../diagnostic/diagnostic.ts'
import { formatPath } from '../path.ts'
import { defaultAt } from '../schema-walk.ts'
import type { SpecRule } from './rule.ts'

/** Thresholds at which the finding holds on a healthy server. */
const senseless: readonly {
  name:
    | 'connectionShare'
    | 'cacheHitShare'
    | 'longestTransaction'
    | 'longestQuery'
    | 'replicationLag'
    | 'diskFreeShare'
    | 'wraparoundShare'
  value: number
}[] = [
  { name: 'connectionShare', value: 0 },
  { name: 'cacheHitShare', value: 1 },
  { name: 'longestTransaction', value: 0 },
  { name: 'longestQuery', value: 0 },
  { name: 'replicationLag', value: 0 },
  { name: 'diskFreeShare', value: 1 },
  { name: 'wraparoundShare', value: 0 },
]

export const alertAlways: SpecRule = {
  id: 'alert-always',
  why: 'An alert that always fires hides the one that matters.',
  *examine(spec) {
    for (const { name, value } of senseless) {
      if (spec.alerts[name] !== value) continue
      const path = ['alerts', name]
      yield {
        code: 'SPEC_CONTRADICTION',
        detail: `alerts.${name} is ${String(value)}, which a healthy server misses all the time; an alert that always fires hides the one that matters`,
        mend: mend.edit(formatPath(path), defaultAt(path)),
        path,
      }
    }
  },
  examples: {
    good: { name: 'a', alerts: { connectionShare: 1, cacheHitShare: 0, diskFreeShare: 0 } },
    bad: [
      { spec: { name: 'a', alerts: { cacheHitShare: 1 } }, at: 'alerts.cacheHitShare' },
      { spec: { name: 'a', alerts: { longestQuery: '0s' } }, at: 'alerts.longestQuery' },
    ],
  },
}
