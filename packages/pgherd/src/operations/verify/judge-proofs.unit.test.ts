import { expect, test } from 'vitest'
import type { ProofRecord } from '../../backup/catalogue.ts'
import { judgeProofs, type Proven } from './judge-proofs.ts'

const proof: ProofRecord = {
  backup: 'b1',
  ok: true,
  verdict: 'proven',
  provenAt: '2026-01-10T03:00:00Z',
  rtoSeconds: 3,
  rpoSeconds: 1,
  lostCommits: 0,
  compared: { databases: 1, tables: 1, rows: 1, bytes: 975, ofBytes: 1000, leftOut: [] },
  restoredTo: null,
  seconds: 5,
  checks: [{ name: 'contents', ok: true, detail: 'equal', seconds: 1 }],
}
const [b1, b2] = ['b1', 'b2'].map((id) => ({ id, stoppedAt: '2026-01-10T01:30:00Z' }))
const judge = (given: Partial<Proven>) =>
  judgeProofs({
    backups: b1 ? [b1] : [],
    proofs: [proof],
    gapSeconds: 86_400,
    now: new Date('2026-01-10T12:00:00Z'),
    ...given,
  })
const both = b1 && b2 ? [b1, b2] : []

test('the newest backup is proven', () => {
  expect(judge({})).toEqual({
    ok: true,
    measured:
      'the newest backup b1 was proven at 2026-01-10T03:00:00Z, 1 checks, 97.5 % of the contents compared',
  })
  // however long ago: that is the check proof-too-old's to say
  expect(judge({ now: new Date('2026-03-01T00:00:00Z') }).ok).toBe(true)
})

test('a backup taken since may wait for its proof as long as the schedule says, and no longer', () => {
  const waiting = judge({ backups: both })
  expect(waiting.ok).toBe(true)
  expect(waiting.measured).toMatch(
    /^the newest backup b2 has not been proven yet; backup b1 before it was proven at/,
  )
  expect(judge({ backups: both, now: new Date('2026-01-11T04:00:00Z') })).toMatchObject({
    ok: false,
    mend: { argv: ['pgherd', 'prove'] },
  })
})

test.each([
  ['there is no backup', { backups: [], proofs: [] }],
  ['no backup was ever proven', { proofs: [] }],
  [
    'backup b1 restores, but was not proven: contents not compared: down',
    {
      proofs: [
        {
          ...proof,
          verdict: 'restorable' as const,
          checks: [
            {
              name: 'contents',
              ok: false,
              inconclusive: true as const,
              detail: 'not compared: down',
              seconds: 0,
            },
          ],
        },
      ],
    },
  ],
  [
    'backup b1 failed its proof of 2026-01-10T03:00:00Z: files: x',
    {
      proofs: [
        proof,
        {
          ...proof,
          verdict: 'failed' as const,
          checks: [{ name: 'files', ok: false, detail: 'x', seconds: 0 }],
        },
      ],
    },
  ],
])('%s', (measured, given) => {
  expect(judge(given)).toMatchObject({ ok: false, measured })
})

test('a proof that could not compare takes back none that did', () => {
  expect(judge({ proofs: [proof, { ...proof, verdict: 'restorable' }] }).ok).toBe(true)
})
