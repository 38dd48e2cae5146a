import { expect, test } from 'vitest'
import { installedWith } from './packages.ts'
import { changesOf, refusedChanges, type Program } from './versions.ts'

const change = (program: Program, from: string, to: string, member = 'pg1') => ({ member, program, from, to })
const codesOf = (program: Program, from: string, to: string) =>
  refusedChanges([change(program, from, to)]).map(({ code }) => code)

test('a change is a program that runs in another version than is installed; the unknown is none', () => {
  expect(
    changesOf([
      {
        member: 'pg1',
        running: { postgres: '15.18', patroni: '3.0.2', etcd: '3.4.23' },
        installed: { postgres: '15.20', patroni: '3.0.2', haproxy: '2.6.12' },
      },
      { member: 'pg2', running: {}, installed: { postgres: '15.20' } },
    ]),
  ).toEqual([change('postgres', '15.18', '15.20')])
})

test('another major and an older version are refused, and told once for all members', () => {
  expect(codesOf('postgres', '15.18', '16.1')).toEqual(['UPGRADE_MAJOR'])
  expect(codesOf('postgres', '16.1', '15.18')).toEqual(['UPGRADE_MAJOR'])
  expect(codesOf('postgres', '15.20', '15.18')).toEqual(['UPGRADE_DOWNGRADE'])
  expect(codesOf('pgbouncer', '1.18.0', '1.16.1')).toEqual(['UPGRADE_DOWNGRADE'])
  const [only, ...more] = refusedChanges([
    change('postgres', '15.18', '16.1'),
    change('postgres', '15.18', '16.1', 'pg2'),
  ])
  expect(more).toEqual([])
  expect(only).toMatchObject({ mend: { kind: 'edit', path: 'postgres.version', to: 15 } })
  expect(only?.detail).toContain('pg1, pg2 runs PostgreSQL 15.18')
})

test('steps over which members of both versions do not work together are refused', () => {
  expect(codesOf('etcd', '3.4.23', '3.5.16')).toEqual([])
  expect(codesOf('etcd', '3.4.23', '3.6.0')).toEqual(['UPGRADE_STEP_TOO_LARGE'])
  expect(codesOf('patroni', '3.0.2', '3.3.4')).toEqual([])
  expect(codesOf('patroni', '3.0.2', '4.0.4')).toEqual(['UPGRADE_STEP_TOO_LARGE'])
  expect(codesOf('patroni', '3.1.0', '4.1.0')).toEqual([])
  expect(codesOf('haproxy', '2.6.12', '3.2.0')).toEqual([])
})

test('packages that are about to come count as installed', () => {
  const packages = [
    { name: 'postgresql-15', from: '15.18-0+deb12u1', to: '15.20-0+deb12u1' },
    { name: 'postgresql-client-15', from: '15.18-0+deb12u1', to: '15.21-0+deb12u1' },
    { name: 'haproxy', from: '2.6.12-1+deb12u3', to: '1:2.6.13~rc1-1' },
  ]
  expect(installedWith({ postgres: '15.18', patroni: '3.0.2' }, packages)).toEqual({
    postgres: '15.20',
    patroni: '3.0.2',
    haproxy: '2.6.13',
  })
})
