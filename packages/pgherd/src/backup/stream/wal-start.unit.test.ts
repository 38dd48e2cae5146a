import { expect, test } from 'vitest'
import { parseLsn } from '../lsn.ts'
import { planStart, type StartFacts } from './wal-start.ts'

const segmentBytes = 1 << 24
const lsn = parseLsn

function facts(over: Partial<StartFacts>): StartFacts {
  return {
    server: { systemId: '1', timeline: 1, lsn: lsn('0/5000100') },
    history: [],
    archived: [],
    kept: { timeline: 1, lsn: lsn('0/4000028') },
    segmentBytes,
    ...over,
  }
}

const server = (timeline: number, end: string) => ({ systemId: '1', timeline, lsn: lsn(end) })
const have = (timeline: number, next: string, end = next) => ({ timeline, next: lsn(next), end: lsn(end) })
const from = (timeline: number, start: string) => ({ kind: 'stream', timeline, lsn: lsn(start) })

test('an empty archive starts at the segment from which the slot keeps WAL', () => {
  expect(planStart(facts({}))).toEqual(from(1, '0/4000000'))
})

test('an archive that lost its WAL starts where the newest base backup needs it', () => {
  expect(planStart(facts({ neededFrom: { timeline: 1, lsn: lsn('0/2000028') } }))).toEqual(
    from(1, '0/2000000'),
  )
})

test('streaming goes on after the newest finished segment', () => {
  expect(planStart(facts({ archived: [have(1, '0/5000000', '0/5000080')] }))).toEqual(from(1, '0/5000000'))
})

test('a timeline that the server left later is finished first', () => {
  const branched = { server: server(2, '0/9000000'), history: [{ timeline: 1, until: lsn('0/7000100') }] }
  expect(planStart(facts({ ...branched, archived: [have(1, '0/6000000')] }))).toEqual({
    ...from(1, '0/6000000'),
    until: lsn('0/7000100'),
  })
})

test('a timeline that the server left earlier is followed to the next at the segment of the switch', () => {
  const branched = { server: server(2, '0/9000000'), history: [{ timeline: 1, until: lsn('0/7000100') }] }
  expect(planStart(facts({ ...branched, archived: [have(1, '0/B000000')] }))).toEqual(from(2, '0/7000000'))
})

test('a branch that the server is not on does not count', () => {
  const branched = { server: server(3, '0/9000000'), history: [{ timeline: 1, until: lsn('0/7000100') }] }
  const archived = [have(1, '0/5000000'), have(2, '0/C000000')]
  expect(planStart(facts({ ...branched, archived }))).toEqual({
    ...from(1, '0/5000000'),
    until: lsn('0/7000100'),
  })
})

test.each([
  ['an older timeline', server(1, '0/9000000'), [have(1, '0/5000000'), have(2, '0/6000000')], 'timeline 2'],
  ['an older position', server(1, '0/5000100'), [have(1, '0/5000000', '0/5000200')], '0/5000200'],
])('a server at %s than the archive is refused', (_what, old, archived, named) => {
  const plan = planStart(facts({ server: old, archived }))
  expect(plan.kind).toBe('ahead')
  expect(plan.kind === 'ahead' && plan.detail).toContain(named)
})
