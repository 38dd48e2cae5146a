import { expect, test } from 'vitest'
import { proofRecordSchema } from './record-schema.ts'

const old = {
  backup: '20261121T031735Z',
  provenAt: '2026-11-21T04:35:12.123Z',
  rtoSeconds: 2,
  rpoSeconds: 1,
  restoredTo: null,
  seconds: 7,
  checks: [{ name: 'contents', ok: true, detail: 'not compared: live server is down', seconds: 0 }],
}

test('a record from before proofs said what they compared is no full proof', () => {
  const nothing = { lostCommits: null, compared: null }
  expect(proofRecordSchema.parse({ ...old, ok: true })).toEqual({
    ...old,
    ...nothing,
    ok: false,
    verdict: 'restorable',
  })
  expect(proofRecordSchema.parse({ ...old, ok: false })).toEqual({
    ...old,
    ...nothing,
    ok: false,
    verdict: 'failed',
  })
})

test('what a proof writes is read back as it is', () => {
  const record = {
    ...old,
    ok: true,
    verdict: 'proven',
    lostCommits: 0,
    compared: { databases: 1, tables: 1, rows: 1, bytes: 8192, ofBytes: 8192, leftOut: [] },
    ofALaterVersion: 1,
  }
  expect(proofRecordSchema.parse(record)).toEqual(record)
})
