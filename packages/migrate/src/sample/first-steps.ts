import pg from 'pg'
import { lint, MigrateError, readMigrations, status, up } from '../index.ts'

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] })
try {
  const migrations = readMigrations('migrations')
  for (const { severity, detail, mend } of (await lint(migrations, { connection: pool })).findings)
    console.warn(`${severity}: ${detail}\n  ${mend.text}`)
  const { applied } = await up(pool, migrations, { who: 'release 42' })
  const { migrations: all } = await status(pool, migrations)
  console.log(`${applied.length} applied, ${all.length} in all`)
} catch (error) {
  // every problem at once, each with what mends it
  if (error instanceof MigrateError) for (const { code } of error.diagnostics) console.error(code)
  throw error
} finally {
  await pool.end()
}
