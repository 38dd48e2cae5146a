import { expect, test } from 'vitest'
import { ChaosCluster } from './chaos-cluster.ts'
import { scenarios } from './registry.ts'
import { lineOf } from './report.ts'
import { runScenarios } from './run-scenarios.ts'

/** The short slice: one crash, one member lost in a bulk load, one partition, in this order. The whole suite is `npm run test:chaos`. */
const slice = ['kill-postgres', 'bulk-unsent', 'stale-leader']

test('three faults on a real cluster lose no acknowledged write and never make two primaries', async () => {
  const abort = new AbortController()
  await using cluster = await ChaosCluster.bringUp(abort.signal, () => undefined)
  const chosen = slice.flatMap((name) => scenarios.filter((each) => each.name === name))
  const runs = await runScenarios(cluster, chosen, () => undefined)
  expect(
    runs.map(({ scenario, outcome }) => `${scenario} ${outcome}`),
    runs.map(lineOf).join('\n'),
  ).toEqual(slice.map((name) => `${name} sound`))
})
