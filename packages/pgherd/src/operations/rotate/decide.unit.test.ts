import { expect, test } from 'vitest'
import { healthyView, leaderless, primary, standby } from '../cluster-view.testkit.ts'
import { decideCertificates, decidePassword } from './decide.ts'

const known = ['pg1', 'pg2', 'pg3', 'gateway']
const certificates = { known, gateway: 'gateway', own: false }
const passwords = {
  internal: ['pgherd_replication'],
  declared: { app: { password: { generated: true } }, legacy: { password: { env: 'LEGACY_PASSWORD' } } },
  inFiles: false,
} as const

test('certificates go standbys first, then the primary, then the gateway; or one alone', () => {
  expect(decideCertificates(healthyView(), certificates)).toMatchObject({
    plan: { members: ['pg2', 'pg3', 'pg1', 'gateway'] },
  })
  expect(decideCertificates(healthyView(), { ...certificates, member: 'pg3' })).toMatchObject({
    plan: { members: ['pg3'] },
  })
})

test('certificates of the user, of strangers and of the ill are not rotated', () => {
  const codesOf = (...[view, request]: Parameters<typeof decideCertificates>) => {
    const decision = decideCertificates(view, request)
    return 'refused' in decision ? decision.refused.map(({ code }) => code) : []
  }
  expect(codesOf(healthyView(), { ...certificates, own: true })).toEqual(['ROTATION_REFUSED'])
  expect(codesOf(healthyView(), { ...certificates, member: 'pg9' })).toEqual(['MEMBER_UNKNOWN'])
  const ill = healthyView({ members: [primary('pg1'), standby('pg2'), standby('pg3', { state: 'stopped' })] })
  expect(codesOf(ill, certificates)).toEqual(['MEMBER_UNREACHABLE'])
  expect(codesOf(ill, { ...certificates, member: 'pg2' })).toEqual([])
})

test('the password of an application concerns nobody else; one of ours every member', () => {
  const app = decidePassword(healthyView(), { ...passwords, role: 'app' })
  expect(app).toMatchObject({ plan: { secret: 'role-app', internal: false, steps: [{ impact: 'nothing' }] } })
  const limited = decidePassword(healthyView(), { ...passwords, role: 'app', inFiles: true })
  expect(limited).toMatchObject({ plan: { internal: false, steps: [{}, { impact: 'reload' }] } })
  const own = decidePassword(healthyView(), { ...passwords, role: 'pgherd_replication' })
  expect(own).toMatchObject({ plan: { internal: true, steps: [{}, { impact: 'reload' }] } })
})

test.each([
  ['an unknown role', healthyView(), 'nobody', ['ROLE_UNKNOWN']],
  ['a password from elsewhere', healthyView(), 'legacy', ['ROTATION_REFUSED']],
  ['any without a primary', leaderless(), 'app', ['LEADER_MISSING']],
  [
    'one of ours while a member is away',
    healthyView({ members: [primary('pg1'), standby('pg2', { role: 'unreachable' })] }),
    'pgherd_replication',
    ['MEMBER_UNREACHABLE'],
  ],
])('%s is refused', (_what, view, role, expected) => {
  const decision = decidePassword(view, { ...passwords, role })
  expect('refused' in decision ? decision.refused.map(({ code }) => code) : []).toEqual(expected)
})
