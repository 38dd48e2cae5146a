import { describe, expect, test } from 'vitest'
import type { StatusDocument } from '../../agent/status-document.ts'
import type { BackupRecord, ProofRecord } from '../../backup/catalogue.ts'
import { diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { ProvedOrRenewed } from '../../operations/prove-or-renew.ts'
import { showBackups } from './backups.ts'
import { showPromise, showVerdict } from './promises.ts'
import { provenLine, showProof } from './proof.ts'
import { screen } from './screen.testkit.ts'
import { showStatus } from './status.ts'

const at = '2026-11-21T04:35:12.123Z'
const now = new Date('2026-11-21T04:50:12Z')
const whole = { databases: 2, tables: 3, rows: 1000, bytes: 2 ** 30, ofBytes: 2 ** 30, leftOut: [] }
const proof: ProofRecord = {
  backup: '20261121T031735Z',
  ok: true,
  verdict: 'proven',
  provenAt: at,
  rtoSeconds: 2.345,
  rpoSeconds: 0.2,
  lostCommits: 0,
  compared: whole,
  restoredTo: { timeline: 1, lsn: '0/5000128', time: at },
  seconds: 7.2,
  checks: [
    {
      name: 'manifest',
      ok: true,
      detail: '1021 files, 31 MB match their checksums in backup_manifest',
      seconds: 0.31,
    },
    {
      name: 'contents',
      ok: false,
      detail: 'table public.orders of database shop: 1000 rows recorded at 0/5000128, 999 restored',
      seconds: 11.4,
    },
  ],
}
const status: StatusDocument = {
  name: 'shop',
  healthy: true,
  members: [
    {
      name: 'pg1',
      role: 'primary',
      timeline: 3,
      lagBytes: 0,
      version: '18.4',
      flavour: 'embedded',
      state: 'up',
    },
  ],
  proof: { ...proof, comparedShare: 1 },
  backups: {
    count: 12,
    newest: at,
    windowFrom: '2026-11-14T03:17:35Z',
    windowTo: at,
    archive: { state: 'streaming', lagBytes: 0, lagSeconds: 0 },
  },
  certificates: [{ name: 'server.crt', subject: 'CN=x', notAfter: '2027-02-19T04:50:12Z' }],
  findings: [],
}

describe('status', () => {
  const shown = (document: StatusDocument, width = 100) => {
    const { output, text } = screen(width)
    showStatus(document, output, now)
    return text()
  }
  test('is one screen', () => {
    expect(shown(status)).toBe(`● shop is healthy

  pg1  primary  up  PostgreSQL 18.4 embedded, timeline 3

  proof        proven 2026-11-21 04:35:12Z (15 min ago), RTO 2.3 s, RPO 0.2 s, backup
               20261121T031735Z
  restorable   to any time from 2026-11-14 03:17:35Z to 2026-11-21 04:35:12Z
  backups      12, the newest 2026-11-21 04:35:12Z (15 min ago)
  archive      streaming, nothing is behind
  certificate  server.crt until 2027-02-19 04:50:12Z (in 90 d)
`)
  })
  test('without anything yet, it does not invent figures', () => {
    const nothing = shown({
      ...status,
      healthy: false,
      members: [
        {
          name: 'pg1',
          role: 'primary',
          timeline: null,
          lagBytes: null,
          version: '18.4',
          flavour: 'embedded',
          state: 'down',
        },
      ],
      proof: null,
      backups: {
        count: 0,
        newest: null,
        windowFrom: null,
        windowTo: null,
        archive: { state: 'unknown', lagBytes: null, lagSeconds: null },
      },
      certificates: [],
      findings: [diagnose('NOT_UP', { detail: 'it does not run', mend: mend.run('pgherd', 'up') })],
    })
    expect(nothing).toContain('● shop is not healthy')
    expect(nothing).toContain('no backup was ever proven: pgherd prove')
    expect(nothing).toMatch(/archive {5}unknown\n/)
    expect(nothing).not.toContain('behind')
    expect(nothing).toContain('mend pgherd up')
  })
  test('a cluster tells how its newest drill went and which comes next', () => {
    const last = {
      drill: 'kill-member',
      startedAt: at,
      writeGapSeconds: 7.25,
      lostAcknowledgedWrites: 0,
      objectivesMet: true,
    }
    const next = { drill: 'restore', at: '2026-11-22T03:00:00.000Z' }
    expect(shown({ ...status, drills: { last, next } }, 120)).toContain(
      `  last drill   kill-member 2026-11-21 04:35:12Z (15 min ago), objectives met, write gap 7.3 s, no write lost
  next drill   restore 2026-11-22 03:00:00Z (in 22 h)
`,
    )
    const bad = { ...last, objectivesMet: false, lostAcknowledgedWrites: 2 }
    const text = shown({ ...status, drills: { last: bad, next: null } }, 120)
    expect(text).toContain('objectives MISSED, write gap 7.3 s, 2 writes LOST')
    expect(text).not.toContain('next drill')
    expect(shown({ ...status, drills: { last: null, next: null } })).toContain('none ever ran')
  })
  test('says what is behind, and a proof that failed', () => {
    const text = shown({
      ...status,
      proof: { ...proof, ok: false, verdict: 'failed', comparedShare: null },
      backups: { ...status.backups, archive: { state: 'streaming', lagBytes: 2 ** 20, lagSeconds: null } },
    })
    expect(text).toContain('streaming, 1.0 MB behind')
    expect(text).toContain('FAILED 2026-11-21 04:35:12Z (15 min ago), backup 20261121T031735Z')
  })
  test('says of a proof how much it compared, and that a restore without comparison is no proof', () => {
    const half = { ...proof, comparedShare: 0.5 }
    expect(shown({ ...status, proof: half })).toContain('RPO 0.2 s, 50 % compared, backup')
    const bare = { ...half, ok: false, verdict: 'restorable', rpoSeconds: null, comparedShare: null } as const
    const text = shown({ ...status, proof: bare }, 140)
    expect(text).toContain(
      'restorable; contents not compared, 2026-11-21 04:35:12Z (15 min ago), RTO 2.3 s, RPO not measured',
    )
    expect(text).not.toContain('proven')
    expect(shown({ ...status, proof: { ...bare, comparedShare: 0.2 } }, 140)).toContain(
      'restorable; not everything could be checked, 2026',
    )
  })
  test.each([60, 80, 120])('fits %i columns', (width) => {
    const { output, widest } = screen(width)
    showStatus(status, output, now)
    expect(widest()).toBeLessThanOrEqual(width)
  })
})

describe('a proof', () => {
  test('names what failed and what to do', () => {
    const { output, text, widest } = screen(80)
    showProof({ proof: { ...proof, ok: false, verdict: 'failed' } }, output)
    expect(text()).toBe(`  ✓  manifest   0.3 s  1021 files, 31 MB match their checksums in
                       backup_manifest
  ✗  contents    11 s  table public.orders of database shop: 1000 rows recorded
                       at 0/5000128, 999 restored
Backup 20261121T031735Z is NOT restorable as it should be.
Take a fresh one and prove it: pgherd prove
`)
    expect(widest()).toBeLessThanOrEqual(80)
  })
  test('that passed is one line with what was measured, and nothing that was not', () => {
    expect(provenLine(proof)).toBe(
      'Backup 20261121T031735Z taken and PROVEN restorable in 7.2 s (measured RTO 2.3 s, RPO 0.2 s)',
    )
    expect(provenLine({ ...proof, rtoSeconds: null, rpoSeconds: null })).toBe(
      'Backup 20261121T031735Z taken and PROVEN restorable in 7.2 s',
    )
  })
  test('that compared a part says which', () => {
    const compared = { ...whole, bytes: 2 ** 29 }
    expect(provenLine({ ...proof, compared })).toMatch(/RPO 0.2 s\), 50 % of the contents compared$/)
    expect(provenLine({ ...proof, compared: { ...whole, bytes: 1 } })).toContain('less than 0.1 % of')
    expect(provenLine({ ...proof, compared: { ...whole, bytes: 2 ** 30 - 1 } })).toContain('99.9 % of')
  })
  test('that could not compare never says PROVEN', () => {
    const { output, text } = screen(100)
    const checks = [
      {
        name: 'contents',
        ok: false,
        inconclusive: true,
        detail: 'not compared: the live server is down',
        seconds: 0,
      },
    ] as const
    const bare = { ...proof, ok: false, verdict: 'restorable', compared: null, rpoSeconds: null } as const
    showProof({ proof: { ...bare, checks } }, output)
    expect(text()).toBe(`  ?  contents   0.0 s  not compared: the live server is down
Backup 20261121T031735Z restorable in 7.2 s (measured RTO 2.3 s); not proven: contents not compared:
the live server is down
Once what is missing is there: pgherd prove
`)
  })
  test('that failed is followed by that of the fresh backup, or by why there is none', () => {
    const bad = { ...proof, ok: false, verdict: 'failed', checks: [] } as const
    const shown = (result: ProvedOrRenewed) => {
      const { output, text } = screen(100)
      showProof(result, output)
      return text()
    }
    expect(shown({ proof: bad, renewed: { ...proof, backup: '20261121T040000Z', checks: [] } }))
      .toBe(`Backup 20261121T031735Z is NOT restorable as it should be.
A fresh backup was taken in its place:
Backup 20261121T040000Z taken and PROVEN restorable in 7.2 s (measured RTO 2.3 s, RPO 0.2 s)
`)
    expect(shown({ proof: bad, notRenewed: 'the disk is full' }))
      .toBe(`Backup 20261121T031735Z is NOT restorable as it should be.
No fresh backup could be put in its place: the disk is full
Take a fresh one and prove it: pgherd prove
`)
  })
})

const record = (id: string, bytes: number) =>
  ({ id, bytes, storedBytes: bytes / 8, seconds: 1.3, timeline: 1 }) as BackupRecord
const window = (backup: string, timeline: number, fromTime: string, toTime: string) => ({
  backup,
  timeline,
  fromLsn: '0/1',
  toLsn: '0/2',
  fromTime,
  toTime,
})

describe('the list of backups', () => {
  test('says of each whether it is proven, and joins the windows of a timeline', () => {
    const { output, text } = screen(100)
    showBackups(
      {
        backups: [record('20261120T031735Z', 2 ** 25), record('20261121T031735Z', 2 ** 33)],
        proofs: [
          { ...proof, verdict: 'failed' },
          proof,
          { ...proof, backup: '20261120T031735Z', verdict: 'failed' },
        ],
        windows: [
          window('20261120T031735Z', 1, '2026-11-20T03:17:36Z', at),
          window('20261120T031735Z', 2, '2026-11-20T03:17:36Z', '2026-11-20T04:00:00Z'),
          window('20261121T031735Z', 1, '2026-11-21T03:17:36Z', at),
        ],
        gaps: [{ timeline: 1, missing: ['000000010000000000000003'], affects: [] }],
      },
      output,
    )
    expect(text())
      .toBe(`20261120T031735Z    32 MB   4.0 MB stored  in 1.3 s  FAILED its proof 2026-11-21 04:35:12Z
20261121T031735Z   8.0 GB   1.0 GB stored  in 1.3 s  proven 2026-11-21 04:35:12Z
Restorable to any time from 2026-11-20 03:17:36Z to 2026-11-21 04:35:12Z, timeline 1
Restorable to any time from 2026-11-20 03:17:36Z to 2026-11-20 04:00:00Z, timeline 2
WAL is missing on timeline 1: 000000010000000000000003
`)
  })
  test('does not join windows with a hole between them', () => {
    const { output, text } = screen(100)
    const windows = [
      window('a', 1, '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'),
      window('b', 1, '2026-11-03T00:00:00Z', at),
    ]
    showBackups({ backups: [record('a', 1)], proofs: [], windows, gaps: [] }, output)
    expect(text().match(/Restorable/g)).toHaveLength(2)
    expect(text()).toContain('not proven')
  })
  test('of none says how to take one', () => {
    const { output, text } = screen(100)
    showBackups({ backups: [], proofs: [], windows: [], gaps: [] }, output)
    expect(text()).toBe('There is no backup yet: pgherd backup\n')
  })
})

test.each([80, 120])('promises fit %i columns, with what was measured and the mend', (width) => {
  const { output, text, widest } = screen(width)
  const promise = {
    id: 'x',
    rows: ['J8'],
    promise:
      'simple_health_check(), detailed_health_check() and get_database_metrics() answer a monitor role',
    seconds: 1,
  }
  const failed = {
    ...promise,
    ok: false,
    measured: 'permission denied for function simple_health_check\u001b[2J',
    mend: mend.run('pgherd', 'up'),
  }
  showPromise({ ...promise, ok: true, measured: 'healthy, 12 checks, 80 rows of metrics' }, output)
  showPromise(failed, output)
  showVerdict([failed], output)
  expect(widest()).toBeLessThanOrEqual(width)
  expect(text()).toContain('✗ simple_health_check()')
  expect(text()).toContain(
    '  permission denied for function simple_health_check\\u{1b}[2J\n  mend pgherd up\n',
  )
  expect(text()).toContain('1 of 1 promises does not hold.')
})
