import { z } from 'zod'
import { duration, size } from '../quantities.ts'
import { port, secretReference } from './values.ts'

/** HAProxy: sends clients to the member with the right role. Only in a cluster. */
export const routingSchema = z.strictObject({
  write: port.default(5000).describe('Port that always leads to the primary.'),
  read: port.default(5001).describe('Port that leads to standbys, and to the primary when there is none.'),
  statistics: port.default(8404).describe('Port of the statistics page and the metrics of HAProxy.'),
  readLag: size.prefault('16MB').describe('A standby further behind than this takes no reads.'),
})

/** PgBouncer: many clients over few sessions. Only in a cluster. */
export const poolerSchema = z.strictObject({
  port: port.default(6432).describe('Port of PgBouncer: `<database>` writes, `<database>_ro` reads.'),
  clients: z.number().int().min(1).max(100_000).default(1000).describe('Clients at the same time.'),
  mode: z
    .enum(['transaction', 'session'])
    .default('transaction')
    .describe('When a server session goes back to the pool.'),
  queryWait: duration
    .prefault('2min')
    .describe(
      'How long a client waits for a session at most; longer than a failover takes, or clients fail during one.',
    ),
})

/** Redis beside the database; left out: none. */
export const redisSchema = z.strictObject({
  port: port.default(6379).describe('Port of Redis, at the address of the gateway.'),
  memory: size.prefault('256MB').describe('Memory it may use; the least used keys leave first.'),
  password: secretReference
    .default({ generated: true })
    .describe('Where the password comes from: `{generated: true}`, `{env: NAME}` or `{file: path}`.'),
})
