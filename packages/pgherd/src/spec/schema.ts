import { z } from 'zod'
import { backupsSchema } from './sections/backups.ts'
import { databaseSchema } from './sections/database.ts'
import { drillsSchema } from './sections/drills.ts'
import { networkSchema, tlsSchema } from './sections/network.ts'
import { postgresSchema } from './sections/postgres.ts'
import { roleSchema } from './sections/role.ts'
import { poolerSchema, redisSchema, routingSchema } from './sections/routing.ts'
import { topologySchema } from './sections/topology.ts'
import { identifier } from './sections/values.ts'
import type { secretReference } from './sections/values.ts'
import { agentSchema, alertsSchema, benchTargetsSchema } from './sections/watching.ts'
import { describeWanted } from './wanted.ts'

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/)
  .register(describeWanted, {
    phrase: 'a letter and then lower-case letters, digits and hyphens, at most 40 in all',
    shown: true,
  })

/**
 * The shape of a spec. Descriptions are what an editor shows (schema/pgherd.schema.json) and what
 * docs/spec-reference.md says. What fields say about each other is checked by rules/.
 */
export const specSchema = z.strictObject({
  name: name.describe('Name of this database system: names its state directory, and its members in reports.'),
  target: z.literal('local').default('local').describe('Where it runs: `local` is this machine.'),
  postgres: postgresSchema
    .prefault({})
    .describe('The server: version, port, what it may use and how it is tuned.'),
  topology: topologySchema.prefault({}).describe('One server, or a cluster that heals itself.'),
  routing: routingSchema
    .prefault({})
    .describe('Where clients of a cluster connect, by what they need (HAProxy).'),
  pooler: poolerSchema.prefault({}).describe('Pools of a cluster (PgBouncer).'),
  redis: redisSchema.optional().describe('Redis beside a cluster. Left out: none.'),
  databases: z.record(identifier, databaseSchema).default({}).describe('Databases by name.'),
  roles: z
    .record(identifier, roleSchema)
    .default({})
    .describe('Roles by name. Each can log in with a password over TLS.'),
  tls: tlsSchema.prefault({}).describe('Certificates. TLS is always on.'),
  network: networkSchema.prefault({}).describe('Who may connect from other machines.'),
  backups: backupsSchema.prefault({}).describe('Backups, and the proof that they restore.'),
  agent: agentSchema.prefault({}).describe('The agent: schedule, health, metrics and API.'),
  drills: drillsSchema.prefault({}).describe('Faults made on purpose, to measure what the cluster promises.'),
  alerts: alertsSchema.prefault({}).describe('Thresholds of health and alerts.'),
  targets: benchTargetsSchema.prefault({}).describe('What `pgherd bench` compares with.'),
})

/** The spec as a user writes it (`defineDatabase`), before defaults. */
export type SpecInput = z.input<typeof specSchema>
/** The spec with every default filled in; durations in seconds, sizes in bytes. */
export type Spec = z.output<typeof specSchema>
export type DatabaseSpec = Spec['databases'][string]
export type RoleSpec = Spec['roles'][string]
export type SecretReference = z.output<typeof secretReference>
export type BackupsSpec = Spec['backups']
