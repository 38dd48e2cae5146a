import { expect, test } from 'vitest'
import type { Action } from '../plan/action.ts'
import type { Plan, Step } from '../plan/plan.ts'
import { byMember, phasesOf, takesServerAway } from './phases.ts'

const unit = (name: string) => ({ name }) as Extract<Action, { do: 'start-unit' }>['unit']

function step(
  member: string,
  action: Action,
  cause: Step['cause'] = 'create',
  impact: Step['impact'] = 'nothing',
): Step {
  return {
    id: `${member}/${action.do}`,
    member,
    after: [],
    title: '',
    because: '',
    cause,
    impact,
    action,
  }
}

const directory: Action = { do: 'make-directory', path: '/s', mode: 0o755, owner: 'invoker' }

const plan = (...steps: Step[]): Plan => ({ observed: '', steps, findings: [], partial: false })
const shape = (phases: ReturnType<typeof phasesOf>) =>
  phases.map(({ steps, needs, oneByOne }) => ({ steps: steps.map(({ id }) => id), needs, oneByOne }))

test('the home prepares secrets and CA, then everybody starts etcd, and Patroni only when etcd has a majority', () => {
  const phases = phasesOf(
    plan(
      step('pg1', directory),
      step('pg1', { do: 'start-unit', unit: unit('etcd') }),
      step('pg1', { do: 'start-unit', unit: unit('patroni') }),
      step('gateway', directory),
      step('gateway', { do: 'start-unit', unit: unit('haproxy') }),
    ),
    'gateway',
    ['pg1'],
  )
  expect(shape(phases)).toEqual([
    { steps: ['gateway/make-directory'], needs: 'nothing', oneByOne: false },
    {
      steps: ['pg1/make-directory', 'pg1/start-unit', 'gateway/start-unit'],
      needs: 'nothing',
      oneByOne: false,
    },
    { steps: ['pg1/start-unit'], needs: 'etcd', oneByOne: false },
  ])
  expect([...byMember(phases[1]?.steps ?? []).keys()]).toEqual(['pg1', 'gateway'])
})

test('what takes a member away is done last, one member after the other, in the order given', () => {
  const restart = (member: string) => step(member, { do: 'restart-postgres', member }, 'change')
  const [first] = phasesOf(plan(restart('pg1'), restart('pg2'), restart('pg3')), 'gateway', [
    'pg3',
    'pg1',
    'pg2',
  ])
  expect(first?.oneByOne).toBe(true)
  expect(first?.steps.map(({ member }) => member)).toEqual(['pg3', 'pg1', 'pg2'])
  const etcd: Action = { do: 'restart-unit', unit: unit('etcd') }
  expect(phasesOf(plan(step('pg1', etcd, 'change')), 'gateway', [])[0]?.oneByOne).toBe(true)
  // one that is down is brought back at once
  expect(phasesOf(plan(step('pg1', etcd, 'repair')), 'gateway', [])[0]?.oneByOne).toBe(false)
})

test('a Patroni that runs is restarted one after the other, also when an earlier run was cut off before', () => {
  const patroni: Action = { do: 'restart-unit', unit: unit('patroni') }
  const [owed] = phasesOf(plan(step('pg1', patroni, 'repair', 'restart')), 'gateway', [])
  expect(owed?.oneByOne).toBe(true)
  expect(owed?.steps.every(takesServerAway)).toBe(true)
  const [down] = phasesOf(plan(step('pg1', patroni, 'repair')), 'gateway', [])
  expect(down?.oneByOne).toBe(false)
  expect(down?.steps.some(takesServerAway)).toBe(false)
})
