import pg from 'pg'
import { lint, MigrateError, readMigrations, status, up } from '../index.ts'

export async function migrate(folder: string, connectionString: string): Promise<string> {
  const pool = new pg.Pool({ connectionString })
  try {
    const migrations = readMigrations(folder)
    for (const { severity, detail, mend } of (await lint(migrations, { connection: pool })).findings)
      console.warn(`${severity}: ${detail}\n  ${mend.text}`)
    const { applied } = await up(pool, migrations, { who: 'release 42' })
    const { migrations: all } = await status(pool, migrations)
    return `${applied.length} applied, ${all.length} in all`
  } catch (error) {
    // every problem at once, each with what mends it
    if (error instanceof MigrateError) for (const { code } of error.diagnostics) console.error(code)
    throw error
  } finally {
    await pool.end()
  }
}
