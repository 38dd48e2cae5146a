import { expect, test } from 'vitest'
import { specSchema } from '../../spec/schema.ts'
import { layOut, homeOf } from '../../topology/topology.ts'
import type { HostFacts } from '../../topology/host-facts.ts'
import { factsOf } from '../../tuning/testdata/facts.ts'
import type { RenderInput } from '../component.ts'
import { definitionDigest, digestOf } from '../digest.ts'
import { agent, agentNodeFlags } from './component.ts'

const self = {
  node: '/opt/node',
  agentScript: '/opt/pgherd/agent.js',
  fenceScript: '/fence.js',
  drillsScript: '/drills.js',
  commandScript: '/pgherd.js',
  specFile: '/srv/pgherd.yaml',
}
const placement = { state: '/srv/state', sockets: '/run/p' }

function inputOf(facts: HostFacts, connections = 60): RenderInput {
  const spec = specSchema.parse({ name: 'shop', postgres: { connections } })
  const topology = layOut(spec, placement)
  return { topology, member: homeOf(topology), facts, settings: [], self }
}

test('the file holds what the agent needs, and no secret', () => {
  const input = inputOf(factsOf())
  const [file] = agent.files(input)
  expect(file).toMatchObject({
    path: '/srv/state/config/agent.json',
    mode: 0o600,
    onChange: 'restart',
    unit: 'agent',
    secret: false,
  })
  expect(JSON.parse(file?.contents ?? '')).toEqual(
    JSON.parse(JSON.stringify({ spec: input.topology.spec, placement, facts: input.facts, self })),
  )
})

test('free space and the minor version may change, nothing else', () => {
  const volume = (totalBytes: number, freeBytes: number) => ({ totalBytes, freeBytes })
  const digest = (facts: HostFacts, connections?: number) =>
    agent.files(inputOf(facts, connections))[0]?.digest
  const base = digest(factsOf({ volumes: { data: volume(100, 50), repository: volume(100, 50) } }))
  expect(digest(factsOf({ volumes: { data: volume(100, 7), repository: volume(100, 3) } }))).toBe(base)
  const volumes = { data: volume(100, 50), repository: volume(100, 50) }
  const postgres = (change: Partial<HostFacts['postgres']>) =>
    digest(factsOf({ volumes, postgres: { ...factsOf().postgres, ...change } }))
  expect(postgres({ version: '18.99' })).toBe(base)
  expect(postgres({ bin: '/elsewhere/bin' })).not.toBe(base)
  expect(digest(factsOf({ volumes: { data: volume(200, 50), repository: volume(100, 50) } }))).not.toBe(base)
  expect(digest(factsOf({ volumes: { data: volume(100, 50), repository: volume(100, 50) } }), 61)).not.toBe(
    base,
  )
  expect(digestOf('/x/agent.json', 'edited')).not.toBe(digestOf('/x/agent.json', 'edited '))
})

test('the unit drops privileges by itself and comes after the server', () => {
  const [unit] = agent.units(inputOf(factsOf()))
  expect(unit).toMatchObject({
    argv: ['/opt/node', ...agentNodeFlags, '/opt/pgherd/agent.js', '/srv/state/config/agent.json'],
    user: 'drops',
    after: ['postgres'],
  })
  expect(Object.keys(unit?.env ?? {}).sort()).toEqual([
    'HOME',
    'MALLOC_ARENA_MAX',
    'MALLOC_MMAP_THRESHOLD_',
    'MALLOC_TRIM_THRESHOLD_',
    'NODE_ENV',
    'PATH',
  ])
  if (!unit) return
  expect(definitionDigest({ ...unit })).toBe(
    definitionDigest(Object.fromEntries(Object.entries(unit).reverse()) as unknown as typeof unit),
  )
  expect(definitionDigest({ ...unit, argv: [...unit.argv, 'x'] })).not.toBe(definitionDigest(unit))
})

test('at the gateway of a cluster it comes after the programs it reaches the primary by', () => {
  const topology = layOut(specSchema.parse({ name: 'shop', topology: { members: 3 } }), placement)
  const [unit] = agent.units({ topology, member: homeOf(topology), facts: factsOf(), settings: [], self })
  expect(unit?.after).toEqual(['haproxy', 'pgbouncer'])
})
