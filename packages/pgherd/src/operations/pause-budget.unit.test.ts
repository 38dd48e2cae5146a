import { expect, test } from 'vitest'
import { failoverTiming, worstCase } from '../components/failover-timing.ts'
import { specSchema, type SpecInput } from '../spec/schema.ts'
import { restartBudget, switchoverBudget } from './pause-budget.ts'

type Failover = NonNullable<SpecInput['topology']>['failover']
const specOf = (queryWait: string, failover: Failover = 'normal') =>
  specSchema.parse({ name: 'shop', topology: { members: 3, failover }, pooler: { queryWait } })

function budgetOf(...given: Parameters<typeof switchoverBudget>) {
  const decision = switchoverBudget(...given)
  if ('refused' in decision) throw new Error(decision.refused[0]?.detail)
  return decision.budget
}

test.each(['fast', 'normal', 'wide'] as const)(
  'with %s the pause holds everything it waits for, and ends before clients are turned away',
  (failover) => {
    for (const drainMs of [1000, 5000, 30_000]) {
      const budget = budgetOf(specOf('2min', failover), '3.0.2', drainMs)
      const { catchUpMs, newLeaderMs, atMostMs } = budget
      expect(budget.drainMs).toBe(drainMs)
      expect(atMostMs).toBeGreaterThan(drainMs + catchUpMs + newLeaderMs)
      expect(atMostMs).toBeLessThan(120_000)
      // the plan states this bound, so it may not be given up before
      expect(newLeaderMs).toBeGreaterThanOrEqual(
        worstCase(failoverTiming(failover, '3.0.2')).switchover * 1000,
      )
    }
  },
)

test('the longest drain there is an option for fits into the default', () => {
  expect(budgetOf(specOf('2min'), '4.1.0', 60_000).atMostMs).toBeLessThan(120_000)
  expect(budgetOf(specOf('0s'), '', 60_000).drainMs).toBe(60_000)
})

test('a drain that does not fit is refused with the longest that does, which is then taken', () => {
  const spec = specOf('45s')
  expect(budgetOf(spec, '3.0.2').drainMs).toBe(5000)
  const decision = switchoverBudget(spec, '3.0.2', 60_000)
  if ('budget' in decision) throw new Error('not refused')
  expect(decision.refused).toMatchObject([{ code: 'SWITCHOVER_DRAIN_TOO_LONG', mend: { kind: 'run' } }])
  const [argv] = decision.refused.map(({ mend }) => (mend.kind === 'run' ? mend.argv : []))
  const seconds = Number.parseInt(argv?.at(-1) ?? '')
  expect(budgetOf(spec, '3.0.2', seconds * 1000).drainMs).toBe(seconds * 1000)
  expect(switchoverBudget(spec, '3.0.2', (seconds + 1) * 1000)).toHaveProperty('refused')
})

test('where clients wait for too short a time for any, the mend is to let them wait longer', () => {
  const decision = switchoverBudget(specOf('20s'), '3.0.2')
  if ('budget' in decision) throw new Error('not refused')
  const [finding] = decision.refused
  expect(finding?.mend).toMatchObject({ kind: 'edit', path: 'pooler.queryWait' })
  const to = finding?.mend.kind === 'edit' ? String(finding.mend.to) : ''
  expect(budgetOf(specOf(to), '3.0.2').drainMs).toBe(5000)
})

test('a restart in place is waited for as long as clients wait', () => {
  expect(restartBudget(specOf('2min')).atMostMs).toBeLessThan(120_000)
  expect(restartBudget(specOf('45s')).atMostMs).toBeLessThan(45_000)
})
