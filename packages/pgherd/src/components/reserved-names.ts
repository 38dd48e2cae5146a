/** The role of checks and metrics, and the role of base backups, WAL streaming and, in a cluster, the standbys. */
export const monitorRole = 'pgherd_monitor'
export const replicationRole = 'pgherd_replication'
/** In a cluster: brings a former primary back by pg_rewind, and looks passwords up for PgBouncer. */
export const rewindRole = 'pgherd_rewind'
export const poolerRole = 'pgherd_pooler'
/** The superuser initdb makes; owner of the maintenance databases and of pgherd's own schemas. */
export const bootstrapRole = 'postgres'
export const maintenanceDatabase = 'postgres'
export const healthSchema = 'pgherd'
/** Where PgBouncer finds `get_auth`. */
export const poolerSchema = 'pgherd_pooler'
/** Where `pgherd migrate` keeps its history (the default of @pgherd/migrate): read by all who read tables, written by the owner alone. */
export const migrationSchema = 'pgherd_migrate'
