/**
 * Where probe writes go. There is no key on purpose: a write that is there twice must show. It is made and dropped by the
 * run that needs it, as superuser over the socket of the primary.
 */
export const probeSchema = 'pgherd_probe'
export const probeTable = `${probeSchema}.write`

/** Statements that make an empty table the role may write and read. */
export function createProbeTable(role: string): readonly { readonly text: string }[] {
  const grantee = `"${role.replaceAll('"', '""')}"`
  return [
    { text: `DROP SCHEMA IF EXISTS ${probeSchema} CASCADE` },
    { text: `CREATE SCHEMA ${probeSchema}` },
    { text: `REVOKE ALL ON SCHEMA ${probeSchema} FROM PUBLIC` },
    {
      text: `CREATE TABLE ${probeTable} (id text NOT NULL, at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp())`,
    },
    { text: `GRANT USAGE ON SCHEMA ${probeSchema} TO ${grantee}` },
    { text: `GRANT SELECT, INSERT ON ${probeTable} TO ${grantee}` },
  ]
}

export const dropProbeTable: readonly { readonly text: string }[] = [
  { text: `DROP SCHEMA IF EXISTS ${probeSchema} CASCADE` },
]

/** Every id in the table, each as often as it is there. */
export const readProbeIds = `SELECT id FROM ${probeTable}`

/**
 * One write of its own transaction. It answers who wrote it and on which timeline: pg_walfile_name() names the timeline
 * in its first eight digits, and that of the insert position is the one the write goes to (functions-admin).
 */
export const probeInsert = `INSERT INTO ${probeTable} (id) VALUES ($1) RETURNING host(inet_server_addr()) AS server, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) AS timeline, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS lsn`

/** One read that says which server answered it. */
export const probeSelect = `SELECT host(inet_server_addr()) AS server, id FROM ${probeTable} LIMIT 1`
