import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { History, PrimarySample, WriteRecord } from './history.ts'
import { judge } from './judge.ts'

const nothing: History = { writes: [], reads: [], samples: [], found: [], fault: 10, end: 20 }

function write(sequence: number, given: Partial<WriteRecord> = {}): WriteRecord {
  const sent = given.sent ?? sequence
  return {
    id: `0-${sequence}`,
    writer: 0,
    sequence,
    sent,
    sentAt: '2026-11-24T00:00:00.000Z',
    ended: sent + 0.01,
    outcome: 'acknowledged',
    server: '127.0.0.11',
    timeline: 1,
    ...given,
  }
}

function reign(member: string, from: number, to: number, started = member): PrimarySample[] {
  const count = Math.floor((to - from) / 0.1)
  return Array.from({ length: count }, (_, index) => {
    const asked = from + index * 0.1
    return { member, asked, answered: asked + 0.01, writable: true, timeline: 1, started }
  })
}

/** One writer after the other on one server: what a sound run looks like, whatever became of each write. */
const soundHistory = fc
  .array(
    fc.record({
      outcome: fc.constantFrom('acknowledged', 'failed', 'unknown'),
      pause: fc.double({ min: 0.001, max: 3, noNaN: true }),
      /** Only an unknown write may be there or not. */
      kept: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((steps): History => {
    let at = 0
    const writes = steps.map(({ outcome, pause }, sequence) =>
      write(sequence, { sent: (at += pause), outcome }),
    )
    const kept = writes.filter(
      ({ outcome }, index) => outcome === 'acknowledged' || (outcome === 'unknown' && steps[index]?.kept),
    )
    return { ...nothing, writes, found: kept.map(({ id }) => id), fault: at / 2, end: at + 1 }
  })

test('a sound history is consistent, whatever became of the unknown writes', () => {
  fc.assert(
    fc.property(soundHistory, (history) => {
      const verdict = judge(history)
      expect(verdict.consistent).toBe(true)
      expect(verdict.unknownKept + verdict.unknownLost).toBe(
        history.writes.filter(({ outcome }) => outcome === 'unknown').length,
      )
    }),
  )
})

test('every acknowledged write that is missing is lost, by name', () => {
  fc.assert(
    fc.property(soundHistory, fc.nat(), (history, pick) => {
      const acknowledged = history.writes.filter(({ outcome }) => outcome === 'acknowledged')
      const victim = acknowledged[pick % Math.max(1, acknowledged.length)]
      fc.pre(victim !== undefined)
      const verdict = judge({ ...history, found: history.found.filter((id) => id !== victim?.id) })
      expect(verdict.lost).toEqual([victim?.id])
      expect(verdict.lostAcknowledgedWrites).toBe(1)
      expect(verdict.consistent).toBe(false)
    }),
  )
})

test('a row that is there twice, and one that nobody sent, are found', () => {
  fc.assert(
    fc.property(soundHistory, fc.nat(), (history, pick) => {
      const twice = history.found[pick % Math.max(1, history.found.length)]
      fc.pre(twice !== undefined)
      const verdict = judge({ ...history, found: [...history.found, twice ?? '', '9-9'] })
      expect(verdict.duplicates).toEqual([twice])
      expect(verdict.invented).toEqual(['9-9'])
      expect(verdict.consistent).toBe(false)
    }),
  )
})

test('a write that was answered with an error and is there all the same is revived', () => {
  const verdict = judge({
    ...nothing,
    writes: [write(1, { outcome: 'failed', error: '25006' })],
    found: ['0-1'],
  })
  expect(verdict.revived).toEqual(['0-1'])
  expect(verdict.consistent).toBe(false)
})

test('the gap is at least every pause after the fault, and no longer than the run', () => {
  fc.assert(
    fc.property(soundHistory, (history) => {
      const acknowledged = history.writes.filter(({ outcome }) => outcome === 'acknowledged')
      const { writeGapSeconds, writeGap } = judge(history)
      const moments = [
        ...acknowledged.map(({ ended }) => ended ?? 0).filter((moment) => moment > history.fault),
        history.end,
      ]
      for (const [index, moment] of moments.entries()) {
        if (index > 0)
          expect(writeGapSeconds).toBeGreaterThanOrEqual(moment - (moments[index - 1] ?? 0) - 1e-9)
      }
      expect(writeGapSeconds).toBeLessThanOrEqual(history.end)
      expect(writeGap.to).toBeGreaterThanOrEqual(history.fault)
      expect(writeGap.to - writeGap.from).toBe(writeGapSeconds)
    }),
  )
})

test('the gap begins at the last success before the fault and lasts to the end when none follows', () => {
  const writes = [
    write(1),
    write(9, { sent: 9 }),
    write(11, { sent: 11, outcome: 'unknown', error: '57P01' }),
  ]
  const verdict = judge({ ...nothing, writes, found: ['0-1', '0-9'] })
  expect(verdict.writeGap).toEqual({ from: 9.01, to: 20, seconds: 20 - 9.01 })
  expect(verdict.clientErrors).toBe(1)
  expect(verdict.errors).toEqual({ '57P01': 1 })
})

test('pauses before the fault are not its doing', () => {
  const writes = [write(0, { sent: 0 }), ...[8, 9, 10, 11, 12].map((at) => write(at))]
  const verdict = judge({ ...nothing, writes, found: writes.map(({ id }) => id), end: 12.5 })
  expect(verdict.writeGapSeconds).toBeCloseTo(1)
})

test('reads have a gap of their own', () => {
  const reads = [9, 15, 16].map((at) => ({ sent: at, ended: at, ok: at !== 15 }))
  expect(judge({ ...nothing, reads, end: 17 }).readGapSeconds).toBe(7)
})

test('two members that take writes at the same time are duplicate primaries', () => {
  const verdict = judge({ ...nothing, samples: [...reign('pg1', 0, 5), ...reign('pg2', 4, 9)] })
  expect(verdict.duplicatePrimaries).toBe(1)
  expect(verdict.duplicatePrimaryEvidence[0]?.servers).toEqual(['pg1', 'pg2'])
  expect(verdict.consistent).toBe(false)
})

test('one primary after the other is no duplicate, however the answers are interleaved', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: 1, maxLength: 8 }),
      (spans) => {
        let from = 0
        const samples = spans.flatMap((span, index) => {
          const mine = reign(`pg${index % 3}`, from, from + span, `${index}`)
          from += span
          return mine
        })
        expect(judge({ ...nothing, samples }).duplicatePrimaries).toBe(0)
      },
    ),
  )
})

test('a server that was frozen while another was promoted counts only when it answers again', () => {
  const frozen = [...reign('pg1', 0, 5, 'a')]
  const promoted = reign('pg2', 8, 30)
  expect(judge({ ...nothing, samples: [...frozen, ...promoted] }).duplicatePrimaries).toBe(0)
  const awake = { member: 'pg1', asked: 20, answered: 20.2, writable: true, started: 'a' }
  expect(judge({ ...nothing, samples: [...frozen, ...promoted, awake] }).duplicatePrimaries).toBe(1)
})

test('a slow answer that may have been given before the other was promoted proves nothing', () => {
  const slow = { member: 'pg1', asked: 4, answered: 9, writable: true, started: 'a' }
  expect(judge({ ...nothing, samples: [slow, ...reign('pg2', 5, 8)] }).duplicatePrimaries).toBe(0)
})

test('writes acknowledged by two servers on one timeline are duplicate primaries', () => {
  const writes = [
    write(1),
    write(2, { server: '127.0.0.12' }),
    write(3, { server: '127.0.0.12', timeline: 2 }),
  ]
  const { duplicatePrimaryEvidence } = judge({ ...nothing, writes, found: ['0-1', '0-2', '0-3'] })
  expect(duplicatePrimaryEvidence.map(({ kind }) => kind)).toEqual(['one-timeline-two-servers'])
})

test('a write acknowledged on an old timeline after the new one began is a duplicate primary', () => {
  const promoted = write(2, { sent: 5, server: '127.0.0.12', timeline: 2 })
  const late = write(3, { sent: 6 })
  const evidence = judge({ ...nothing, writes: [write(1), promoted, late] }).duplicatePrimaryEvidence
  expect(evidence.map(({ kind }) => kind)).toEqual(['old-timeline-acknowledged'])
  const inTime = write(3, { sent: 4.9, ended: 5.5 })
  expect(judge({ ...nothing, writes: [write(1), promoted, inTime] }).duplicatePrimaries).toBe(0)
})
