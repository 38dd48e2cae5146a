import { backupsSchema, proofsSchema } from './catalogue.ts'
import { findingsSchema } from './diagnostic.ts'
import { databaseHealthSchema, databaseMetricsSchema, healthSchema } from './health.ts'
import { acceptedSchema, jobSchema, jobsSchema } from './jobs.ts'
import { membersSchema, statusSchema, windowSchema } from './status.ts'

/** Every answer of the HTTP interface by the name of its file in packages/pgherd/schema/api/. */
export const apiSchemas: Readonly<Record<string, object>> = {
  status: statusSchema,
  backups: backupsSchema,
  proofs: proofsSchema,
  window: windowSchema,
  members: membersSchema,
  jobs: jobsSchema,
  job: jobSchema,
  accepted: acceptedSchema,
  findings: findingsSchema,
  health: healthSchema,
  'database-health': databaseHealthSchema,
  'database-metrics': databaseMetricsSchema,
}

/** The published form of a schema. */
export function published(name: string, title: string, schema: object): string {
  return `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', $id: name, title, ...schema }, null, 2)}\n`
}
