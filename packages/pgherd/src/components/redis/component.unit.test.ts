import { expect, test } from 'vitest'
import { memberInput, paperCluster } from '../rendered-cluster.testkit.ts'
import { redis } from './component.ts'

test('the golden file (look at the difference, then vitest -u)', async () => {
  const [file] = redis.files(memberInput(paperCluster({ redis: { memory: '64MB' } }), 'gateway'))
  await expect(file?.contents).toMatchFileSnapshot('./testdata/redis.conf')
  expect(file).toMatchObject({
    path: '/srv/pgherd/state/config/redis.conf',
    mode: 0o600,
    owner: 'run-as',
    secret: true,
    onChange: 'restart',
    unit: 'redis',
  })
})

test('it runs on the gateway where the spec asks for it', () => {
  const asked = paperCluster({ redis: {} })
  expect(asked.members.filter((member) => redis.runsOn(member, asked)).map(({ name }) => name)).toEqual([
    'gateway',
  ])
  const without = paperCluster()
  expect(without.members.some((member) => redis.runsOn(member, without))).toBe(false)
  expect(redis.files(memberInput(without, 'gateway'))).toEqual([])
})
