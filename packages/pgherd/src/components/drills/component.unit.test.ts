import { expect, test } from 'vitest'
import { memberInput, paperCluster } from '../rendered-cluster.testkit.ts'
import { drills } from './component.ts'

const schedule = { switchover: '0 4 * * SUN', restore: '30 3 * * *' } as const
const scheduled = () => memberInput(paperCluster({ drills: { schedule } }), 'gateway')

test('the gateway alone has one, and only when the spec schedules a drill', () => {
  const on = (topology: ReturnType<typeof paperCluster>) =>
    topology.members.filter((member) => drills.runsOn(member, topology)).map(({ name }) => name)
  expect(on(paperCluster({ drills: { schedule } }))).toEqual(['gateway'])
  expect(on(paperCluster())).toEqual([])
})

test('its file says when and how, and lies where only the user who runs pgherd may write', () => {
  const [file] = drills.files(scheduled())
  expect(file).toMatchObject({
    path: '/srv/pgherd/state/drills.json',
    mode: 0o644,
    owner: 'invoker',
    secret: false,
    onChange: 'restart',
    unit: 'drills',
  })
  expect(JSON.parse(file?.contents ?? '')).toEqual({
    schedule,
    drills: '/srv/pgherd/state/drills',
    command: [process.execPath, '/pgherd.js'],
    place: ['--spec', '/srv/pgherd.yaml', '--state', '/srv/pgherd/state'],
  })
})

test('the unit keeps the rights of the user who runs pgherd, and nothing of the user PostgreSQL runs as', () => {
  const input = scheduled()
  const [unit] = drills.units(input)
  expect(unit).toMatchObject({ name: 'drills', user: 'invoker', after: ['agent'] })
  expect(unit?.argv.slice(-2)).toEqual(['/drills.js', '/srv/pgherd/state/drills.json'])
  expect(unit?.env).toMatchObject({ HOME: input.facts.invoker.home, USER: input.facts.invoker.name })
})
