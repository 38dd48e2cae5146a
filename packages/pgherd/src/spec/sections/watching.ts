import { z } from 'zod'
import { duration } from '../quantities.ts'
import { port, secretReference } from './values.ts'

/** The agent: schedule, health, metrics and the HTTP interface. */
export const agentSchema = z.strictObject({
  listen: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address of the HTTP interface; only this machine can reach it.'),
  port: port.default(5210).describe('TCP port of the HTTP interface: `/health`, `/metrics` and the API.'),
  token: secretReference
    .default({ generated: true })
    .describe(
      'Where the token comes from that writing requests must carry: `{generated: true}`, `{env: NAME}` or `{file: path}`.',
    ),
})

const share = z.number().min(0).max(1)

/** Thresholds of the health functions and checks; shares are between 0 and 1. */
export const alertsSchema = z.strictObject({
  connectionShare: share.default(0.8).describe('Share of the allowed sessions in use.'),
  cacheHitShare: share.default(0.9).describe('Share of reads answered from memory; below it is a finding.'),
  longestTransaction: duration.prefault('5min').describe('Age of an open transaction.'),
  longestQuery: duration.prefault('1h').describe('Time a single query runs.'),
  replicationLag: duration.prefault('1min').describe('How far the WAL archive or a standby is behind.'),
  diskFreeShare: share.default(0.2).describe('Share of a disk that must stay free.'),
  backupAge: duration
    .prefault('26h')
    .describe('Age of the newest backup. Must be longer than the time between two of them.'),
  wraparoundShare: share
    .default(0.5)
    .describe('Share of the transaction ids used up before vacuum must freeze.'),
})

/** What `pgherd bench` compares with. */
export const benchTargetsSchema = z.strictObject({
  tps: z.number().positive().default(1000).describe('Transactions per second.'),
  p95: duration.prefault('100ms').describe('Latency that 95 of 100 transactions stay below.'),
  p99: duration.prefault('500ms').describe('Latency that 99 of 100 transactions stay below.'),
})
