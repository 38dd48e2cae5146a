import { z } from 'zod'
import type { BackupRecord, ProofRecord } from '../catalogue.ts'
import { isSegmentSize } from '../wal-names.ts'
import type { WalPosition } from '../repository.ts'

const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/)
const time = z.iso.datetime({ offset: true })
const timeline = z.number().int().positive()
const count = z.number().nonnegative()

/** What `backup.json` must look like; a record that does not is treated as damaged. Members of later versions are kept. */
export const backupRecordSchema: z.ZodType<BackupRecord> = z.looseObject({
  id: z.string().regex(/^\d{8}T\d{6}Z$/),
  systemId: z.string().regex(/^\d+$/),
  timeline,
  startLsn: lsn,
  stopLsn: lsn,
  startedAt: time,
  stoppedAt: time,
  serverVersion: z.string(),
  major: z.number().int(),
  walSegmentBytes: z.number().refine(isSegmentSize),
  bytes: count,
  storedBytes: count,
  seconds: count,
  files: z.array(
    z.looseObject({ name: z.string(), bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  tablespaces: z.array(z.looseObject({ oid: z.number().int(), location: z.string() })),
  compression: z.enum(['zstd', 'gzip', 'none']),
  encryption: z.enum(['age', 'none']),
  takenFrom: z.string(),
  standby: z.boolean().optional(),
})

const comparedSchema = z.looseObject({
  databases: count,
  tables: count,
  rows: count,
  bytes: count,
  ofBytes: count,
  leftOut: z.array(z.looseObject({ table: z.string(), reason: z.string() })),
})

/** A record from before `verdict` does not say whether anything was compared, so it is no full proof. */
export const proofRecordSchema: z.ZodType<ProofRecord> = z
  .looseObject({
    backup: z.string(),
    ok: z.boolean(),
    verdict: z.enum(['proven', 'restorable', 'failed']).optional(),
    provenAt: time,
    rtoSeconds: z.number().nullable(),
    rpoSeconds: z.number().nullable(),
    lostCommits: count.nullable().default(null),
    compared: comparedSchema.nullable().default(null),
    restoredTo: z.looseObject({ timeline, lsn, time: time.nullable() }).nullable(),
    seconds: count,
    checks: z.array(
      z.looseObject({
        name: z.string(),
        ok: z.boolean(),
        inconclusive: z.literal(true).optional(),
        detail: z.string(),
        seconds: count,
      }),
    ),
  })
  .transform((record) => {
    const verdict = record.verdict ?? (record.ok ? 'restorable' : 'failed')
    return { ...record, verdict, ok: verdict === 'proven' }
  })

export const walPositionSchema: z.ZodType<WalPosition> = z.looseObject({ timeline, lsn, at: time })

/** `repository.json`. */
export const descriptionSchema = z.looseObject({
  format: z.number().int(),
  systemId: z.string(),
  name: z.string(),
  sealing: z.enum(['age', 'none']),
  keyId: z.string(),
})

export type RepositoryDescription = z.output<typeof descriptionSchema>
