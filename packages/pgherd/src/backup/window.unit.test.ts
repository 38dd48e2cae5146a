import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BackupRecord, RestorableWindow } from './catalogue.ts'
import { formatLsn, parseLsn, type Lsn } from './lsn.ts'
import { canRestoreTo, gapFindings } from './restore-target.ts'
import { sampleBackup } from './sample-backup.testkit.ts'
import { segmentBytes, simulatedArchives } from './simulated-archive.testkit.ts'
import { parseHistory } from './timelines.ts'
import { formatSegment, segmentOf } from './wal-names.ts'
import { restorableWindows, walGaps, type Archived } from './window.ts'

/* The model: no runs, no cleverness; one file after the other, as a person would look them up. */

interface Branch {
  readonly timeline: number
  readonly from: Lsn
}

function branches(archived: Archived, goal: number): Branch[] {
  const rows = archived.histories.get(goal) ?? []
  const lines = [...rows.map((row) => row.timeline), goal]
  return lines.map((timeline, at) => ({ timeline, from: rows[at - 1]?.until ?? 0n }))
}

function fileFor(archived: Archived, goal: number, number: bigint): { timeline: number; name: string } {
  const size = BigInt(segmentBytes)
  const begun = branches(archived, goal).filter((branch) => branch.from / size <= number)
  const timeline = begun.at(-1)?.timeline ?? 0
  return { timeline, name: formatSegment({ timeline, number }, segmentBytes) }
}

function leadsTo(archived: Archived, backup: BackupRecord, goal: number): boolean {
  const way = branches(archived, goal)
  const at = way.findIndex((branch) => branch.timeline === backup.timeline)
  const next = way[at + 1]
  return at >= 0 && (next === undefined || parseLsn(backup.stopLsn) <= next.from)
}

function goals({ backups, wal, histories }: Archived): number[] {
  const position = wal.position ? [wal.position.timeline] : []
  return [
    ...new Set([
      ...backups.map((each) => each.timeline),
      ...wal.segments.keys(),
      ...histories.keys(),
      ...position,
    ]),
  ].sort((a, b) => a - b)
}

function newestKnown(archived: Archived, goal: number): bigint {
  const { wal } = archived
  const size = BigInt(segmentBytes)
  let newest = -1n
  for (let number = 0n; number < 250n; number += 1n) {
    const { timeline, name } = fileFor(archived, goal, number)
    const isPartial = wal.partial?.timeline === timeline && wal.partial.segment === name
    if (wal.segments.get(timeline)?.includes(name) || isPartial) newest = number
  }
  if (wal.position) {
    const way = branches(archived, goal)
    const at = way.findIndex((branch) => branch.timeline === wal.position?.timeline)
    const lsn = parseLsn(wal.position.lsn)
    const next = way[at + 1]
    if (at >= 0 && (next === undefined || lsn <= next.from) && (lsn - 1n) / size > newest)
      newest = (lsn - 1n) / size
  }
  return newest
}

/** End of what can be replayed, and the segments that lack behind it. */
function follow(archived: Archived, backup: BackupRecord, goal: number): { end: Lsn; missing: string[] } {
  const size = BigInt(segmentBytes)
  const newest = newestKnown(archived, goal)
  const missing: string[] = []
  let end: Lsn = (parseLsn(backup.startLsn) / size) * size
  for (let number = parseLsn(backup.startLsn) / size; number <= newest; number += 1n) {
    const { timeline, name } = fileFor(archived, goal, number)
    const { partial, position } = archived.wal
    if (archived.wal.segments.get(timeline)?.includes(name)) {
      if (missing.length === 0) end = (number + 1n) * size
    } else if (number === newest && partial?.segment === name) {
      if (missing.length === 0 && position?.timeline === timeline) end = parseLsn(position.lsn)
    } else {
      missing.push(name)
    }
  }
  return { end, missing }
}

function modelWindows(archived: Archived): string[] {
  return archived.backups.flatMap((backup) =>
    goals(archived)
      .filter((goal) => leadsTo(archived, backup, goal))
      .map((goal) => ({
        goal,
        end: follow(archived, backup, goal).end,
        begun: branches(archived, goal).at(-1)?.from ?? 0n,
      }))
      .filter(({ end, begun }) => end >= parseLsn(backup.stopLsn) && end >= begun)
      .map(({ goal, end }) => `${backup.id} timeline ${goal} ${backup.stopLsn} to ${formatLsn(end)}`),
  )
}

function show({ backup, timeline, fromLsn, toLsn }: RestorableWindow): string {
  return `${backup} timeline ${timeline} ${fromLsn} to ${toLsn}`
}

describe('restorable windows and gaps of random lives', () => {
  test('are those found by looking up one segment after the other', () => {
    fc.assert(
      fc.property(simulatedArchives, (archived) => {
        expect(restorableWindows(archived).map(show)).toEqual(modelWindows(archived))
      }),
      { numRuns: 500 },
    )
  })

  test('never promise a time whose WAL is not there', () => {
    fc.assert(
      fc.property(simulatedArchives, (archived) => {
        for (const window of restorableWindows(archived)) {
          expect(Date.parse(window.toTime)).toBeGreaterThanOrEqual(Date.parse(window.fromTime))
          const way = branches(archived, window.timeline)
          for (const { timeline, time, lsn } of archived.samples) {
            const at = way.findIndex((branch) => branch.timeline === timeline)
            const next = way[at + 1]
            if (at < 0 || (next && lsn > next.from) || time > Date.parse(window.toTime)) continue
            expect(lsn <= parseLsn(window.toLsn), `${show(window)} misses ${formatLsn(lsn)}`).toBe(true)
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  test('every missing segment is named, with every backup it affects', () => {
    fc.assert(
      fc.property(simulatedArchives, (archived) => {
        const expected = new Map<string, string[]>()
        for (const backup of archived.backups) {
          const names = goals(archived)
            .filter((goal) => leadsTo(archived, backup, goal))
            .flatMap((goal) => follow(archived, backup, goal).missing)
          for (const name of new Set(names)) expected.set(name, [...(expected.get(name) ?? []), backup.id])
        }
        const gaps = walGaps(archived)
        expect(gaps.flatMap((gap) => gap.missing).sort()).toEqual([...expected.keys()].sort())
        for (const { timeline, missing, affects } of gaps) {
          expect(missing.every((name) => Number.parseInt(name.slice(0, 8), 16) === timeline)).toBe(true)
          expect(affects).toEqual([...new Set(missing.flatMap((name) => expected.get(name) ?? []))].sort())
        }
        expect(gapFindings(archived)).toHaveLength(gaps.length)
      }),
      { numRuns: 500 },
    )
  })

  test('a target is reached from the newest backup that can, or refused', () => {
    fc.assert(
      fc.property(
        simulatedArchives,
        fc.bigInt({ min: 0n, max: 100n * BigInt(segmentBytes) }),
        (archived, lsn) => {
          const windows = restorableWindows(archived)
          const timeline = Math.max(0, ...windows.map((window) => window.timeline))
          const able = windows.filter(
            (each) =>
              each.timeline === timeline && parseLsn(each.fromLsn) <= lsn && lsn <= parseLsn(each.toLsn),
          )
          const answer = canRestoreTo({ kind: 'lsn', lsn }, archived)
          expect(answer.ok ? answer.backup.id : undefined).toBe(able.at(-1)?.backup)
          if (!answer.ok) {
            expect(answer.refused.code).toBe(
              windows.length === 0 ? 'BACKUP_NONE_RESTORABLE' : 'BACKUP_TARGET_UNREACHABLE',
            )
          }
          const latest = canRestoreTo({ kind: 'latest' }, archived)
          expect(latest.ok).toBe(windows.length > 0)
          if (latest.ok) {
            const ends = windows
              .filter((each) => each.timeline === timeline)
              .map((each) => parseLsn(each.toLsn))
            expect(ends.every((end) => end <= parseLsn(latest.window.toLsn))).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a cluster with two backups', () => {
  const names = (timeline: number, from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, at) =>
      formatSegment({ timeline, number: BigInt(from + at) }, 16 * 2 ** 20),
    )
  const first = sampleBackup({
    id: '20261120T010000Z',
    startLsn: '0/2000028',
    stopLsn: '0/2000120',
    startedAt: '2026-11-20T01:00:00Z',
    stoppedAt: '2026-11-20T01:00:10.000Z',
  })
  const second = sampleBackup({
    id: '20261121T010000Z',
    startLsn: '0/8000028',
    stopLsn: '0/8000120',
    startedAt: '2026-11-21T01:00:00Z',
    stoppedAt: '2026-11-21T01:00:10.500Z',
  })
  const position = { timeline: 1, lsn: '0/A000500', at: '2026-11-21T02:00:00Z' }
  const whole: Archived = {
    backups: [second, first],
    histories: new Map(),
    wal: {
      segments: new Map([[1, names(1, 2, 9)]]),
      partial: { timeline: 1, segment: segmentOf(1, 0xa000000n, 16 * 2 ** 20) },
      histories: [],
      position,
    },
  }
  const without = (number: bigint): Archived => {
    const gone = formatSegment({ timeline: 1, number }, 16 * 2 ** 20)
    return {
      ...whole,
      wal: { ...whole.wal, segments: new Map([[1, names(1, 2, 9).filter((name) => name !== gone)]]) },
    }
  }

  test('both lead to the newest archived position', () => {
    expect(restorableWindows(whole)).toEqual([
      {
        backup: first.id,
        timeline: 1,
        fromLsn: '0/2000120',
        fromTime: first.stoppedAt,
        toLsn: '0/A000500',
        toTime: position.at,
      },
      {
        backup: second.id,
        timeline: 1,
        fromLsn: '0/8000120',
        fromTime: second.stoppedAt,
        toLsn: '0/A000500',
        toTime: position.at,
      },
    ])
    expect(walGaps(whole)).toEqual([])
  })

  test('a missing segment is named and ends the window of the older one', () => {
    const gapped = without(5n)
    expect(walGaps(gapped)).toEqual([
      { timeline: 1, missing: ['000000010000000000000005'], affects: [first.id] },
    ])
    expect(restorableWindows(gapped).map(show)).toEqual([
      '20261120T010000Z timeline 1 0/2000120 to 0/5000000',
      '20261121T010000Z timeline 1 0/8000120 to 0/A000500',
    ])
    const between = canRestoreTo({ kind: 'time', at: new Date('2026-11-20T12:00:00Z') }, gapped)
    expect(between.ok ? '' : between.refused.detail).toMatch(
      /2026-11-20T12:00:00.000Z cannot be reached on timeline 1; what can be restored is 2026-11-20T01:00:10.000Z to 2026-11-20T01:00:10.000Z .* and 2026-11-21T01:00:10.500Z to 2026-11-21T02:00:00Z .*; missing from the repository: WAL segment 000000010000000000000005/,
    )
  })

  test('a segment that was never finished is a gap once newer ones follow', () => {
    const gapped = without(5n)
    const stale = {
      ...gapped,
      wal: { ...gapped.wal, partial: { timeline: 1, segment: '000000010000000000000005' } },
    }
    expect(walGaps(stale).flatMap((gap) => gap.missing)).toEqual([
      '000000010000000000000005',
      '00000001000000000000000A',
    ])
  })

  test('a backup that lacks WAL of its own has no window', () => {
    expect(restorableWindows(without(2n)).map((window) => window.backup)).toEqual([second.id])
    const alone = canRestoreTo({ kind: 'latest' }, { ...without(2n), backups: [first] })
    expect(alone.ok ? '' : `${alone.refused.code} ${alone.refused.detail}`).toMatch(
      /^BACKUP_NONE_RESTORABLE .*000000010000000000000002/,
    )
    const nothing = canRestoreTo({ kind: 'latest' }, { ...whole, backups: [] })
    expect(nothing.ok ? '' : nothing.refused.detail).toMatch(/holds no finished backup/)
  })

  test('times: the newest backup before the target, to the millisecond, and no time after the archive', () => {
    const pick = (at: string): string | undefined => {
      const answer = canRestoreTo({ kind: 'time', at: new Date(at) }, whole)
      return answer.ok ? answer.backup.id : undefined
    }
    expect(pick('2026-11-20T01:00:09.999Z')).toBeUndefined()
    expect(pick('2026-11-20T01:00:10Z')).toBe(first.id)
    expect(pick('2026-11-21T01:00:10.499Z')).toBe(first.id)
    expect(pick('2026-11-21T01:00:10.500Z')).toBe(second.id)
    expect(pick('2026-11-21T03:00:00+01:00')).toBe(second.id)
    expect(pick('2026-11-21T02:00:00.001Z')).toBeUndefined()
  })

  test('latest over a gap says what is missing', () => {
    const answer = canRestoreTo({ kind: 'latest' }, { ...without(9n), backups: [second] })
    expect(answer.ok && answer.window.toLsn).toBe('0/9000000')
    expect(answer.ok && answer.warnings.map((each) => `${each.code} ${each.detail}`).join()).toMatch(
      /^BACKUP_WAL_GAP .*000000010000000000000009/,
    )
  })

  test('right after a branch nothing is missing: its first segment is still to come', () => {
    const just: Archived = {
      backups: [first],
      histories: new Map([[2, parseHistory('1\t0/5000500\tbefore 2026-11-20 12:00:00+00\n')]]),
      wal: {
        segments: new Map([[1, names(1, 2, 5)]]),
        histories: [2],
        position: { timeline: 1, lsn: '0/5000500', at: '2026-11-20T12:00:00Z' },
      },
    }
    expect(walGaps(just)).toEqual([])
    expect(restorableWindows(just).map(show)).toEqual(['20261120T010000Z timeline 1 0/2000120 to 0/6000000'])
    const later = {
      ...just,
      wal: {
        ...just.wal,
        segments: new Map([
          [1, names(1, 2, 5)],
          [2, names(2, 6, 7)],
        ]),
      },
    }
    expect(walGaps(later).flatMap((gap) => gap.missing)).toEqual(['000000020000000000000005'])
  })

  test('after a restore, what the old timeline held beyond the branch is still offered', () => {
    const branched: Archived = {
      backups: [first, second],
      histories: new Map([[2, parseHistory('1\t0/6000000\tbefore 2026-11-20 12:00:00+00\n')]]),
      wal: {
        segments: new Map([
          [1, names(1, 2, 9)],
          [2, names(2, 6, 7)],
        ]),
        histories: [2],
        position: { timeline: 2, lsn: '0/8000000', at: '2026-11-21T04:00:00Z' },
      },
    }
    expect(restorableWindows(branched).map(show)).toEqual([
      '20261120T010000Z timeline 1 0/2000120 to 0/A000000',
      '20261120T010000Z timeline 2 0/2000120 to 0/8000000',
      '20261121T010000Z timeline 1 0/8000120 to 0/A000000',
    ])
    const answer = canRestoreTo({ kind: 'lsn', lsn: parseLsn('0/7000000') }, branched)
    expect(answer.ok && [answer.window.timeline, answer.alternatives.map((each) => each.timeline)]).toEqual([
      2,
      [1],
    ])
    const old = canRestoreTo({ kind: 'lsn', lsn: parseLsn('0/9000000') }, branched)
    expect(old.ok ? '' : old.refused.detail).toContain('timeline 1 reaches it')
    const chosen = canRestoreTo({ kind: 'lsn', lsn: parseLsn('0/9000000'), timeline: 1 }, branched)
    expect(chosen.ok && chosen.backup.id).toBe(second.id)
  })
})
