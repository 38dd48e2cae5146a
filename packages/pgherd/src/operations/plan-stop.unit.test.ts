import { expect, test } from 'vitest'
import { planStop } from './plan-stop.ts'

const titles = (...of: Parameters<typeof planStop>) => planStop(...of).steps.map(({ title }) => title)

test('the gateway is stopped first and the primary last', () => {
  const server = (name: string) => ({ name, kind: 'server' as const, running: ['etcd', 'patroni'] })
  const members = [
    server('pg1'),
    server('pg2'),
    { name: 'gateway', kind: 'gateway' as const, running: ['haproxy'] },
  ]
  expect(titles(members, 'pg1')).toEqual([
    'stop haproxy of gateway',
    'stop etcd, patroni of pg2',
    'stop etcd, patroni of pg1',
  ])
  expect(planStop(members, 'pg1').steps.map(({ because }) => because)).toMatchObject([
    expect.stringMatching(/^the gateway first/),
    expect.stringMatching(/^standbys before the primary/),
    expect.stringMatching(/^the primary last/),
  ])
})

test('what does not run is not stopped', () => {
  expect(titles([{ name: 'pg1', kind: 'single', running: [] }], undefined)).toEqual([])
  const { steps } = planStop([{ name: 'pg1', kind: 'single', running: ['agent', 'postgres'] }], undefined)
  expect(steps).toMatchObject([{ title: 'stop agent, postgres of pg1', impact: 'stop', member: 'pg1' }])
})
