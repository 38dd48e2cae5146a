import { expect, test } from 'vitest'
import { memberInput, paperCluster } from '../components/rendered-cluster.testkit.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { factsOf } from '../tuning/testdata/facts.ts'
import { decide, decideOrRefuse } from './decide.ts'
import type { Observed } from './observed.ts'
import { settled, shopSpec, shopState, untouched, wantedOf } from './settled.testkit.ts'
import { wantedState, type Wanted } from './wanted.ts'

const wanted = wantedOf()
const fine = settled(wanted)

function refused(observed: Observed, of: Wanted = wanted): readonly Diagnostic[] {
  const decision = decide(of, observed)
  return 'refused' in decision ? decision.refused : []
}

function theOnly(observed: Observed, of?: Wanted): Diagnostic {
  const [first, ...others] = refused(observed, of)
  if (!first || others.length > 0) throw new Error(`not one refusal: ${JSON.stringify([first, ...others])}`)
  return first
}

test('a place that holds something else is left alone', () => {
  const holds = ['holiday.jpg', 'a', 'b', 'c', 'd', 'e']
  const found = theOnly({ ...untouched, data: { state: 'foreign', holds } })
  expect(found).toMatchObject({
    code: 'DATA_DIRECTORY_NOT_EMPTY',
    at: { member: 'pg1' },
    mend: { kind: 'advice' },
  })
  expect(found.detail).toContain('holiday.jpg, a, b, c, d but')
})

test('a member that Patroni copies just now is no place that holds something else', () => {
  const server = wantedState(memberInput(paperCluster(), 'pg2'))
  const patroni = { name: 'patroni', state: 'running', supervised: true } as const
  const halves: readonly Observed['data'][] = [
    { state: 'foreign', holds: ['PG_VERSION', 'backup_label', 'base'] },
    { state: 'foreign', holds: ['backup_label'] },
    { state: 'cluster', major: server.major, systemId: 'unreadable' },
  ]
  const aboutData = (observed: Observed) =>
    refused(observed, server).filter(({ code }) => code.startsWith('DATA_'))
  for (const data of halves) {
    const cloning = { ...untouched, applied: { ...fine.applied, systemId: '1' }, data }
    expect(aboutData({ ...cloning, units: [patroni] })).toEqual([])
    expect(aboutData(cloning)).toHaveLength(1)
  }
  const photos: Observed = { ...untouched, data: { state: 'foreign', holds: ['holiday.jpg'] } }
  expect(aboutData({ ...photos, units: [patroni] })).toHaveLength(1)
})

test('data of another major is refused, with the version to set where pgherd has it', () => {
  const cluster = (major: number): Observed => ({
    ...untouched,
    data: { state: 'cluster', major, systemId: '1' },
  })
  expect(theOnly(cluster(16))).toMatchObject({
    code: 'DATA_DIRECTORY_OTHER_MAJOR',
    mend: { kind: 'edit', path: 'postgres.version', to: 16 },
    at: { path: 'postgres.version' },
  })
  // no spec can ask for 12, so that edit would be no mend
  expect(theOnly(cluster(12)).mend).toMatchObject({ kind: 'advice' })
})

test('data of another database of the same major is refused', () => {
  const found = theOnly({ ...fine, data: { state: 'cluster', major: 18, systemId: '42' } })
  expect(found).toMatchObject({ code: 'DATA_DIRECTORY_FOREIGN' })
  for (const part of [`${shopState}/data`, '42', '7000000000000000001']) expect(found.detail).toContain(part)
})

test.each(['missing', 'empty'] as const)(
  'a data directory that held a database and is %s is not made anew',
  (state) => {
    expect(theOnly({ ...fine, data: { state } })).toMatchObject({
      code: 'DATA_DIRECTORY_MISSING',
      mend: { kind: 'run', argv: ['pgherd', 'restore', '--to', 'latest', '--in-place'] },
    })
  },
)

test('a taken port is named once, with the line of the spec to change', () => {
  const both = wantedOf(`${shopSpec}postgres: { listen: ["127.0.0.1", "::1"] }\n`)
  const found = theOnly({ ...untouched, portsTaken: [5432, 5432] }, both)
  expect(found).toMatchObject({ code: 'PORT_TAKEN', at: { path: 'postgres.port' } })
  expect(found.detail).toContain('127.0.0.1:5432')
  const v6 = wantedOf(`${shopSpec}postgres: { listen: ["::1"] }\n`)
  expect(theOnly({ ...untouched, portsTaken: [5432] }, v6).detail).toContain('[::1]:5432')
  expect(theOnly({ ...untouched, portsTaken: [5210] })).toMatchObject({
    code: 'PORT_TAKEN',
    at: { path: 'agent.port' },
  })
})

test('an extension that is not installed is named with its database; one pgherd needs itself without', () => {
  const bare = wantedOf(shopSpec, factsOf({ postgres: { extensions: ['pg_stat_statements'] } }))
  const found = refused(untouched, bare)
  expect(found.map(({ code }) => code)).toEqual(found.map(() => 'EXTENSION_UNAVAILABLE'))
  expect(found.map(({ at }) => at.path)).toContain('databases.shop.extensions')
  const own = refused(untouched, { ...bare, extensionsAvailable: ['pg_trgm'] }).filter(
    ({ at }) => at.path === undefined,
  )
  expect(own.map(({ detail }) => detail).join()).toContain('pg_stat_statements')
  for (const { mend: how } of own) expect(JSON.stringify(how)).not.toContain('remove it from')
})

test('what was found while looking blocks every plan, and all refusals come at once', () => {
  const lost = diagnose('BACKUP_KEY_GONE', { detail: 'gone', mend: mend.advice('put it back') })
  const everything: Observed = {
    ...untouched,
    blocked: [lost],
    data: { state: 'foreign', holds: ['x'] },
    portsTaken: [5432],
  }
  expect(refused(everything).map(({ code }) => code)).toEqual([
    'BACKUP_KEY_GONE',
    'DATA_DIRECTORY_NOT_EMPTY',
    'PORT_TAKEN',
  ])
  expect(() => decideOrRefuse(wanted, everything)).toThrow(DiagnosticError)
})
