import { expect, test } from 'vitest'
import type { ProofRecord } from '../src/backup/catalogue.ts'
import { DiagnosticError, diagnose, mend } from '../src/diagnostic/diagnostic.ts'
import { judgeProof } from './proof-verdict.ts'

const compared = { databases: 1, tables: 3, rows: 9, bytes: 9, ofBytes: 9, leftOut: [] }
const proven: ProofRecord = {
  backup: 'b',
  ok: true,
  verdict: 'proven',
  provenAt: '2026-11-24T00:00:00Z',
  rtoSeconds: 1,
  rpoSeconds: 1,
  lostCommits: 0,
  compared,
  restoredTo: { timeline: 1, lsn: '0/1', time: null },
  seconds: 3,
  checks: [{ name: 'contents', ok: true, detail: 'same', seconds: 1 }],
}
const open = { name: 'contents', ok: false, inconclusive: true, detail: 'gone', seconds: 0 } as const
const accepts = (record: Partial<ProofRecord>) =>
  judgeProof('a proof', { record: { ...proven, ...record } }).ok

test('a proof counts when it compared contents, and not when it only says so', () => {
  expect(accepts({})).toBe(true)
  expect(accepts({ compared: null })).toBe(false)
  expect(accepts({ compared: { ...compared, tables: 0 } })).toBe(false)
  expect(accepts({ verdict: 'restorable' })).toBe(false)
  expect(accepts({ checks: [open] })).toBe(false)
})

test('one that could not compare says what it could not look at', () => {
  expect(accepts({ ok: false, verdict: 'restorable', compared: null, checks: [open] })).toBe(true)
  expect(accepts({ ok: false, verdict: 'restorable', compared: null, checks: [] })).toBe(false)
})

test('a good backup must not be called a bad one', () => {
  const wrong = { name: 'contents', ok: false, detail: '3 rows differ', seconds: 1 }
  expect(accepts({ ok: false, verdict: 'failed', checks: [wrong] })).toBe(false)
})

test('an error has a code', () => {
  const known = new DiagnosticError(
    diagnose('PROOF_NO_BACKUP', { detail: 'none', mend: mend.run('pgherd', 'backup') }),
  )
  expect(judgeProof('a proof', { error: known })).toMatchObject({ ok: true })
  expect(judgeProof('a proof', { error: new Error('undefined is not a function') }).ok).toBe(false)
  expect(judgeProof('a proof', { error: 'what' })).toMatchObject({ ok: false, detail: 'what' })
})
