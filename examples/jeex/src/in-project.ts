import type pg from 'pg'

/** Who works on what, and why: it goes into the audit log. */
export interface Entry {
  readonly user: string
  /** Left out: only the projects of the user, and nothing within them. */
  readonly project?: string
  readonly purpose: string
}

/**
 * Does the work in a transaction that sees one project. The database hides all others, so a forgotten `where project_id = ...`
 * finds too little and never too much. Another connection, or the next transaction of this one, sees nothing until it enters.
 * Throws what the work throws; then nothing of it is stored.
 */
export async function inProject<T>(
  pool: pg.Pool,
  { user, project, purpose }: Entry,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: unknown
  try {
    await client.query('begin')
    await client.query('select enter($1, $2, $3)', [user, project ?? null, purpose])
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    // a connection whose transaction cannot be ended is not given back
    await client.query('rollback').catch((failure: unknown) => (broken = failure))
    throw error
  } finally {
    client.release(broken !== undefined)
  }
}
