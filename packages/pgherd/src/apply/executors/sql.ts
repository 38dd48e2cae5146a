import { quoteIdentifier } from '../../components/postgres/objects/quoting.ts'
import { fillVerifiers } from '../fill-secrets.ts'
import type { Executor } from '../executor.ts'

export const runSql: Executor<'run-sql'> = async ({ database, statements }, { host, secrets }) => {
  const filled = []
  for (const statement of statements) {
    filled.push({ ...statement, text: await fillVerifiers(statement.text, secrets.read) })
  }
  await host.sql(database, filled)
}

/** ALTER SYSTEM cannot run inside a transaction (sql-altersystem). */
export const resetAutoConf: Executor<'reset-auto-conf'> = ({ settings }, { host }) =>
  host.sql('postgres', [
    ...settings.map((name) => ({
      // a parameter name may be qualified (pgherd.x): each part is an identifier of its own
      text: `ALTER SYSTEM RESET ${name.split('.').map(quoteIdentifier).join('.')}`,
      alone: true,
    })),
    { text: 'SELECT pg_reload_conf()' },
  ])
