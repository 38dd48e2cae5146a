import { expect, test } from 'vitest'
import { healthyView, primary, standby } from '../cluster-view.testkit.ts'
import { decideSecret, rotatable } from './decide-secret.ts'

const generated = { generated: true } as const
const known = Object.fromEntries([...rotatable, 'backup-key'].map((id) => [id, generated]))

test.each([
  ['patroni-api', 'reload'],
  ['haproxy-statistics', 'reload'],
  ['redis', 'reload'],
  ['agent-token', 'nothing'],
] as const)('a new %s costs users: %s', (secret, impact) => {
  expect(decideSecret(healthyView(), { secret, known })).toMatchObject({
    plan: { operation: 'rotate', secret, steps: [{ impact: 'nothing' }, { impact }] },
  })
})

test('the plan of Redis says what its clients have to do', () => {
  const decision = decideSecret(healthyView(), { secret: 'redis', known })
  expect(JSON.stringify(decision)).toContain(
    'a client that connects anew is refused until it has the new one',
  )
})

test('a single server has the token of its agent', () => {
  const request = { secret: 'agent-token', known: { 'agent-token': generated } }
  expect(decideSecret(undefined, request)).toMatchObject({ plan: { secret: 'agent-token' } })
})

const away = healthyView({ members: [primary('pg1'), standby('pg2', { role: 'unreachable' })] })
test.each([
  ['an unknown one', { secret: 'role-app', known }, healthyView(), ['USAGE']],
  ['one this database does not have', { secret: 'redis', known: {} }, healthyView(), ['USAGE']],
  ['the key of the backups', { secret: 'backup-key', known }, healthyView(), ['ROTATION_REFUSED']],
  [
    'one from elsewhere',
    { secret: 'redis', known: { redis: { env: 'R' } } },
    healthyView(),
    ['ROTATION_REFUSED'],
  ],
  [
    'that of a silent Redis',
    { secret: 'redis', known, redisSilent: 'no answer' },
    healthyView(),
    ['ROTATION_REFUSED'],
  ],
  ["Patroni's while a member is away", { secret: 'patroni-api', known }, away, ['MEMBER_UNREACHABLE']],
])('%s is refused', (_what, request, view, expected) => {
  const decision = decideSecret(view, request)
  expect('refused' in decision ? decision.refused.map(({ code }) => code) : []).toEqual(expected)
})
