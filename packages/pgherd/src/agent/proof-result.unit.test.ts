import { expect, test } from 'vitest'
import type { ProofRecord } from '../backup/catalogue.ts'
import { proofResult } from './proof-result.ts'

const good: ProofRecord = {
  backup: 'b2',
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
const bad: ProofRecord = {
  ...good,
  backup: 'b1',
  ok: false,
  verdict: 'failed',
  checks: [{ name: 'files', ok: false, detail: 'base.tar is damaged', seconds: 0 }],
}

test('a full proof', () => {
  expect(proofResult({ proof: good }, 'pg1')).toEqual({
    ok: true,
    summary: 'backup b2 restored in 3 s, 1 checks passed, 97.5 % of the contents compared',
  })
})

test('a backup that restores without comparison is done and does not say more than that', () => {
  const checks = [
    { name: 'contents', ok: false, inconclusive: true, detail: 'not compared: down', seconds: 0 },
  ] as const
  expect(proofResult({ proof: { ...good, ok: false, verdict: 'restorable', checks } }, 'pg1')).toEqual({
    ok: true,
    summary: 'backup b2 restored in 3 s, not proven: contents not compared: down',
  })
})

test('a failed proof is told even when the fresh backup is good', () => {
  const result = proofResult({ proof: bad, renewed: good }, 'pg1')
  expect(result).toMatchObject({ ok: true, findings: [{ code: 'PROOF_FAILED' }] })
  expect(result.summary).toMatch(
    /^backup b1 failed its proof: files: base.tar is damaged; a fresh one was taken: backup b2 restored/,
  )
})

test('two bad backups in a row are not tried a third time; a backup that could not be taken is', () => {
  expect(proofResult({ proof: bad, renewed: { ...bad, backup: 'b2' } }, 'pg1')).toMatchObject({
    ok: false,
    final: true,
  })
  const result = proofResult({ proof: bad, notRenewed: 'no space' }, 'pg1')
  expect(result).toMatchObject({ ok: false, findings: [{ code: 'PROOF_FAILED' }] })
  expect(result).not.toHaveProperty('final')
  expect(result.summary).toContain('no fresh backup could be taken: no space')
})
