import { z } from 'zod'
import { duration } from '../quantities.ts'
import { describeWanted } from '../wanted.ts'
import { cron, identifier, secretReference } from './values.ts'

/** A question put to the restored copy. */
export const proofCheckSchema = z.strictObject({
  name: z.string().min(1).describe('Name of the check in reports.'),
  database: identifier.describe('Database the query runs in.'),
  sql: z.string().min(1).describe('A read-only query that gives one row with one column.'),
  expect: z
    .union([z.string(), z.number(), z.boolean()])
    .transform(String)
    .default('true')
    .describe('What the query must give, compared as text. Left out: `true`.'),
})

const retentionSchema = z.strictObject({
  full: z.number().int().min(1).max(10_000).default(7).describe('Base backups to keep at least.'),
  window: duration
    .prefault('7d')
    .describe(
      'How far back any moment must stay restorable. Backups needed for it are kept even beyond `full`.',
    ),
})

const compressionSchema = z.strictObject({
  algorithm: z.enum(['zstd', 'gzip', 'none']).default('zstd').describe('How backups and WAL are compressed.'),
  level: z
    .number()
    .int()
    .min(1)
    .max(19)
    .default(1)
    .describe('Higher is smaller and slower: zstd 1 to 19, gzip 1 to 9.'),
  at: z
    .enum(['client', 'server'])
    .default('client')
    .describe(
      'Who compresses: `client` is pgherd, `server` is PostgreSQL (fewer bytes between them, more load on the server).',
    ),
})

const encryption = z
  .union([
    z.literal('none'),
    z.strictObject({
      key: secretReference.describe(
        'Where the key comes from: `{generated: true}`, `{env: NAME}` or `{file: path}`. Without it no backup can be opened: keep a copy elsewhere.',
      ),
    }),
  ])
  .register(describeWanted, {
    phrase: 'none, or where the key comes from: {key: {generated: true}}',
    shown: false,
  })

const proofSchema = z.strictObject({
  schedule: cron
    .default('0 3 * * *')
    .describe('When the newest backup is restored into a throwaway server and checked, in cron syntax.'),
  budget: duration
    .prefault('60s')
    .describe('Time spent on comparing contents; larger databases are compared by sample.'),
  checks: z.array(proofCheckSchema).default([]).describe('Questions of your own put to the restored copy.'),
})

const objectivesSchema = z.strictObject({
  rpo: duration
    .prefault('1min')
    .describe('How much may be lost at most (recovery point objective). `0s` needs `synchronous: true`.'),
  rto: duration.prefault('1h').describe('How long a restore may take at most (recovery time objective).'),
})

/** Backups, their proof and what they must achieve. */
export const backupsSchema = z.strictObject({
  engine: z
    .literal('stream')
    .default('stream')
    .describe('`stream`: base backups and WAL over the replication protocol, without further programs.'),
  repository: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Directory of the backups; relative to the spec. Left out: in the state directory, which shares a disk with the data.',
    ),
  schedule: cron
    .default('30 1 * * *')
    .describe(
      'When a base backup is taken, in cron syntax: minute, hour, day, month, weekday, in the time zone of the machine. WAL is archived all the time.',
    ),
  retention: retentionSchema.prefault({}).describe('What is kept. The newest proven backup always is.'),
  compression: compressionSchema.prefault({}).describe('Compression of backups and WAL.'),
  encryption: encryption
    .default({ key: { generated: true } })
    .describe('Encryption of backups and WAL at rest: `none`, or where the key comes from.'),
  synchronous: z
    .boolean()
    .default(false)
    .describe(
      'Commits wait until their WAL is safe in the repository: nothing is ever lost, and every commit is slower. When the archive stops, so do writes.',
    ),
  proof: proofSchema.prefault({}).describe('Proof that backups restore.'),
  objectives: objectivesSchema.prefault({}).describe('What backups must achieve; measured by every proof.'),
})
