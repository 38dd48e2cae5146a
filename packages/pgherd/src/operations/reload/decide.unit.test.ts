import { expect, test } from 'vitest'
import { healthyView, primary, standby } from '../cluster-view.testkit.ts'
import { decideReload } from './decide.ts'

test('everybody who answers reads again, and who does not is told', () => {
  expect(decideReload(healthyView())).toMatchObject({
    plan: { members: ['pg1', 'pg2', 'pg3'], findings: [] },
  })
  const away = healthyView({ members: [primary('pg1'), standby('pg2', { role: 'unreachable' })] })
  expect(decideReload(away)).toMatchObject({
    plan: { members: ['pg1'], findings: [{ code: 'MEMBER_AWAY' }] },
  })
})

test('when nobody answers nobody can be told', () => {
  const silent = healthyView({ members: [standby('pg1', { role: 'unreachable' })] })
  expect(decideReload(silent)).toMatchObject({ refused: [{ code: 'MEMBER_UNREACHABLE' }] })
})
