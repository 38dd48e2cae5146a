import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyRetention } from './apply-retention.ts'
import type { BackupRecord, ProofRecord } from './catalogue.ts'
import { parseLsn } from './lsn.ts'
import { decideRetention, type RetentionDecision, type RetentionInput } from './retention.ts'
import { sampleBackup } from './sample-backup.testkit.ts'
import { simulatedArchives, type SimulatedArchive } from './simulated-archive.testkit.ts'
import { restorableWindows, type Archived } from './window.ts'

const hour = 3600
const day = 24 * hour

function proof(backup: string, ok: boolean, provenAt: string): ProofRecord {
  const figures = { rtoSeconds: 1, rpoSeconds: 0, lostCommits: 0, seconds: 1 }
  const verdict = ok ? 'proven' : 'failed'
  return { backup, ok, verdict, provenAt, ...figures, compared: null, restoredTo: null, checks: [] }
}

interface Life {
  readonly archived: SimulatedArchive
  readonly input: RetentionInput
}

/** Random lives whose backups have been proven, have failed, or both, one after the other. */
const lives: fc.Arbitrary<Life> = fc
  .record({
    archived: simulatedArchives,
    outcomes: fc.array(fc.array(fc.boolean(), { maxLength: 2 }), { minLength: 40, maxLength: 40 }),
    full: fc.integer({ min: 1, max: 4 }),
    window: fc.integer({ min: 0, max: 50 }).map((hours) => hours * hour),
  })
  .map(({ archived, outcomes, full, window }) => {
    const proofs = archived.backups.flatMap((backup, at) =>
      (outcomes[at] ?? []).map((ok, nth) =>
        proof(backup.id, ok, new Date(Date.parse(backup.stoppedAt) + nth * 1000).toISOString()),
      ),
    )
    const windows = restorableWindows(archived)
    return { archived, input: { ...archived, windows, proofs, retention: { full, window } } }
  })

function lastOutcome(input: RetentionInput, id: string): boolean | undefined {
  return input.proofs.findLast((each) => each.backup === id)?.ok
}

function provenOf(input: RetentionInput): BackupRecord[] {
  return input.backups.filter((backup) => lastOutcome(input, backup.id) === true)
}

/** The archive after the decision has been carried out. */
function afterwards(archived: Archived, decision: RetentionDecision): Archived {
  const gone = new Set(decision.removeWal)
  const segments = [...archived.wal.segments].map(([timeline, names]) => {
    const directory = timeline.toString(16).toUpperCase().padStart(8, '0')
    return [timeline, names.filter((name) => !gone.has(`wal/${directory}/${name}`))] as const
  })
  return {
    ...archived,
    backups: archived.backups.filter((backup) => !decision.removeBackups.includes(backup.id)),
    wal: { ...archived.wal, segments: new Map(segments) },
  }
}

describe('retention of random lives', () => {
  test('neither the newest nor the newest proven backup goes, and only what has a newer proven one', () => {
    fc.assert(
      fc.property(lives, ({ input }) => {
        const { removeBackups, keepBecause } = decideRetention(input)
        const proven = provenOf(input)
        expect(removeBackups).not.toContain(input.backups.at(-1)?.id)
        expect(removeBackups).not.toContain(proven.at(-1)?.id)
        for (const id of removeBackups) expect((proven.at(-1)?.id ?? '') > id).toBe(true)
        expect([...removeBackups, ...keepBecause.keys()].sort()).toEqual(
          input.backups.map((each) => each.id).sort(),
        )
      }),
      { numRuns: 1000 },
    )
  })

  test('the newest `full` proven backups stay, whatever else failed or was never proven', () => {
    fc.assert(
      fc.property(lives, ({ input }) => {
        const kept = provenOf(input).slice(-input.retention.full)
        const { removeBackups } = decideRetention(input)
        for (const backup of kept) expect(removeBackups).not.toContain(backup.id)
      }),
      { numRuns: 1000 },
    )
  })

  test('every moment of the promised window that could be restored still can, from a backup that did not fail', () => {
    fc.assert(
      fc.property(lives, ({ archived, input }) => {
        const after = afterwards(archived, decideRetention(input))
        const usable = (each: { backup: string }): boolean => lastOutcome(input, each.backup) !== false
        const [before, still] = [
          restorableWindows(archived).filter(usable),
          restorableWindows(after).filter(usable),
        ]
        const windowStart = archived.now.getTime() - input.retention.window * 1000
        for (const sample of archived.samples.filter(({ time }) => time >= windowStart)) {
          const holds = (each: (typeof before)[number]): boolean =>
            each.timeline === sample.timeline &&
            parseLsn(each.fromLsn) <= sample.lsn &&
            sample.lsn <= parseLsn(each.toLsn)
          if (before.some(holds))
            expect(still.some(holds), `${sample.timeline} ${new Date(sample.time).toISOString()}`).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('what is kept can be restored as far as before: its WAL stays', () => {
    fc.assert(
      fc.property(lives, ({ archived, input }) => {
        const decision = decideRetention(input)
        const ends = (from: Archived): string[] =>
          restorableWindows(from)
            .filter((each) => decision.keepBecause.has(each.backup))
            .map(({ backup, timeline, fromLsn, toLsn }) => `${backup} ${timeline} ${fromLsn} ${toLsn}`)
        expect(ends(afterwards(archived, decision))).toEqual(ends(archived))
        expect(decision.removeWal.filter((name) => name.includes('history'))).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  test('a second decision right after the first finds nothing more to remove', () => {
    fc.assert(
      fc.property(lives, ({ archived, input }) => {
        const after = afterwards(archived, decideRetention(input))
        const again = decideRetention({ ...input, ...after, windows: restorableWindows(after) })
        expect(again.removeWal).toEqual([])
      }),
      { numRuns: 500 },
    )
  })
})

describe('retention of a daily backup', () => {
  const daily = Array.from({ length: 20 }, (_, at) => {
    const date = `202611${String(at + 1).padStart(2, '0')}`
    const stamp = `2026-11-${String(at + 1).padStart(2, '0')}`
    const number = (at + 2).toString(16).toUpperCase().padStart(2, '0')
    return sampleBackup({
      id: `${date}T010000Z`,
      startLsn: `0/${number}000028`,
      stopLsn: `0/${number}000120`,
      startedAt: `${stamp}T01:00:00Z`,
      stoppedAt: `${stamp}T01:00:10Z`,
    })
  })
  const segments = Array.from(
    { length: 21 },
    (_, at) => `0000000100000000000000${(at + 2).toString(16).toUpperCase().padStart(2, '0')}`,
  )
  const archived: Archived = {
    backups: daily,
    histories: new Map(),
    wal: {
      segments: new Map([[1, segments]]),
      histories: [],
      position: { timeline: 1, lsn: '0/17000000', at: '2026-11-20T12:00:00Z' },
    },
  }
  const decide = (
    proofs: readonly ProofRecord[],
    retention = { full: 2, window: 7 * day },
    from = archived,
  ): RetentionDecision =>
    decideRetention({
      ...from,
      windows: restorableWindows(from),
      proofs,
      retention,
      now: new Date('2026-11-20T12:00:00Z'),
    })
  const allProven = daily.map((backup) => proof(backup.id, true, backup.stoppedAt))

  test('keeps the window and the one backup from which its start is reached, and their WAL', () => {
    const { removeBackups, removeWal, keepBecause } = decide(allProven)
    expect([...keepBecause].map(([id, why]) => `${id.slice(6, 8)} ${why}`)).toEqual([
      '13 it reaches the start of the promised window',
      '14 it lies inside the promised window',
      '15 it lies inside the promised window',
      '16 it lies inside the promised window',
      '17 it lies inside the promised window',
      '18 it lies inside the promised window',
      '19 it is one of the newest 2 proven backups',
      '20 it is the newest backup',
    ])
    expect(removeBackups).toHaveLength(12)
    expect(removeWal.at(0)).toBe('wal/00000001/000000010000000000000002')
    expect(removeWal.at(-1)).toBe('wal/00000001/00000001000000000000000D')
  })

  test('a number of proven backups larger than the window holds counts too', () => {
    expect(decide(allProven, { full: 15, window: day }).keepBecause.size).toBe(15)
  })

  test('without any proof nothing goes, and no WAL a backup needs', () => {
    expect(decide([])).toMatchObject({ removeBackups: [], removeWal: [] })
  })

  test('while proofs fail, everything since the last proven backup stays', () => {
    const proofs = daily.map((backup, at) => proof(backup.id, at < 3, backup.stoppedAt))
    const { removeBackups } = decide(proofs)
    expect(removeBackups).toEqual(['20261101T010000Z'])
  })

  test('a proof that could not compare makes nothing superfluous and takes no proof back', () => {
    const restorable = daily.map((backup) => ({
      ...proof(backup.id, false, '2026-11-20T06:00:00Z'),
      verdict: 'restorable' as const,
    }))
    expect(decide(restorable)).toMatchObject({ removeBackups: [], removeWal: [] })
    expect(decide([...allProven, ...restorable])).toEqual(decide(allProven))
  })

  test('failed backups go as soon as a newer one is proven; unproven ones in the window wait', () => {
    const proofs = [
      proof(daily[17]?.id ?? '', false, '2026-11-18T03:00:00Z'),
      proof(daily[18]?.id ?? '', true, '2026-11-19T03:00:00Z'),
    ]
    const { removeBackups, keepBecause } = decide(proofs)
    expect(removeBackups).toContain('20261118T010000Z')
    expect(keepBecause.get('20261117T010000Z')).toBe('it lies inside the promised window')
    // None of the older ones is proven, so which of them reaches the window's start is not known for sure.
    expect(keepBecause.get('20261101T010000Z')).toBe('it reaches the start of the promised window')
  })

  test('with no backup at all no WAL goes', () => {
    expect(decide([], { full: 1, window: 0 }, { ...archived, backups: [] }).removeWal).toEqual([])
  })

  test('WAL of a timeline that has just begun stays, though no backup leads to it yet: one may be running', () => {
    const rewound = {
      ...archived,
      // Branched off before the newest backup ended, so that none but the one being taken will lead to timeline 2.
      backups: daily.slice(10),
      histories: new Map([[2, [{ timeline: 1, until: parseLsn('0/3000000') }]]]),
      wal: {
        segments: new Map([
          ...archived.wal.segments,
          [2, ['000000020000000000000003', '000000020000000000000004']],
        ]),
        histories: [2],
        position: { timeline: 2, lsn: '0/5000000', at: '2026-11-20T12:00:00Z' },
      },
    }
    const { removeWal } = decide(allProven, { full: 1, window: 0 }, rewound)
    expect(removeWal.filter((name) => name.startsWith('wal/00000002/'))).toEqual([])
    expect(removeWal).toContain('wal/00000001/00000001000000000000000B')
  })

  test('backups are removed before WAL, and WAL from its oldest end', async () => {
    const removed: string[] = []
    const decision = decide(allProven)
    await applyRetention({ remove: (name) => Promise.resolve(void removed.push(name)) }, decision)
    expect(removed).toEqual([...decision.removeBackups.map((id) => `base/${id}`), ...decision.removeWal])
    expect(decision.removeWal).toEqual([...decision.removeWal].sort())
  })
})
