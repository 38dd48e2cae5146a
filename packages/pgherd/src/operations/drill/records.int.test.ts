import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { identify } from '../../hosts/local/process-identity.ts'
import { parseSpecValue } from '../../spec/parse.ts'
import { homeOf, layOut } from '../../topology/topology.ts'
import { keepResult, readResults } from './drill-history.ts'
import type { DrillResult } from './drill-result.ts'
import { observeDrills } from './observe-drills.ts'
import { readHealRecord, removeHealRecord, writeHealRecord } from './heal-record.ts'

const parsed = parseSpecValue(
  {
    name: 'test',
    databases: { app: { owner: 'app' } },
    roles: { app: { access: 'owner' } },
    topology: { members: 3 },
    postgres: { version: 15, binaries: 'system' },
  },
  'pgherd.yaml',
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed))
const state = mkdtempSync(join(tmpdir(), 'drill-'))
const topology = layOut(parsed.spec, { state, sockets: state })
afterEach(() => rmSync(state, { recursive: true, force: true }))

test('a fault under way is on the disk until it is undone', () => {
  expect(readHealRecord(topology)).toBeUndefined()
  const record = {
    drill: 'dcs-down',
    id: '20261124T000000Z-dcs-down',
    aim: { member: 'pg1', details: { a: 'b' } },
    pid: 1,
    since: '2026-11-24T00:00:00Z',
  } as const
  writeHealRecord(topology, record)
  expect(readHealRecord(topology)).toEqual(record)
  removeHealRecord(topology)
  removeHealRecord(topology)
  expect(readHealRecord(topology)).toBeUndefined()
})

test('a fault is told as left behind once the process that made it runs no more', () => {
  const unhealed = () => observeDrills(topology, new Date('2026-11-24T00:01:00Z')).unhealed
  expect(unhealed()).toBeNull()
  const record = {
    drill: 'partition-primary',
    id: '20261124T000000Z-partition-primary',
    aim: { member: 'pg2', details: {} },
    since: '2026-11-24T00:00:00Z',
  } as const
  const left = { drill: 'partition-primary', member: 'pg2', since: '2026-11-24T00:00:00Z' }
  const mine = identify(process.pid)
  if (!mine) throw new Error('this process does not run')
  writeHealRecord(topology, { ...record, ...mine })
  expect(unhealed()).toBeNull()
  // the same number, given to another process since
  writeHealRecord(topology, { ...record, pid: mine.pid, started: 'another boot' })
  expect(unhealed()).toEqual(left)
  writeHealRecord(topology, { ...record, pid: mine.pid })
  expect(unhealed()).toEqual(left)
  removeHealRecord(topology)
  expect(unhealed()).toBeNull()
})

test('the last 200 runs are kept, oldest first, and the fault under way is none of them', () => {
  expect(readResults(topology)).toEqual([])
  const id = (index: number) => `20261124T${String(index).padStart(6, '0')}Z-switchover`
  for (let index = 0; index < 203; index++) keepResult(topology, { id: id(index) } as DrillResult)
  writeHealRecord(topology, {
    drill: 'restore',
    id: 'x',
    aim: { member: '', details: {} },
    pid: 1,
    since: '',
  })
  const kept = readResults(topology)
  expect([kept.length, kept[0]?.id, kept.at(-1)?.id]).toEqual([200, id(3), id(202)])
  expect(readdirSync(homeOf(topology).paths.drills).filter((name) => name.endsWith('.json'))).toHaveLength(
    201,
  )
})
