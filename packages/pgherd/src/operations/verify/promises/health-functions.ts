import { databasesOf } from '../../../spec/role-databases.ts'
import type { PromiseCheck } from '../promise.ts'

/** The SQL health functions answer for a monitor role. */
export const healthFunctions: PromiseCheck = {
  id: 'health-functions',
  rows: ['J8'],
  promise: 'simple_health_check(), detailed_health_check() and get_database_metrics() answer a monitor role',
  appliesTo: (spec) => Object.values(spec.roles).some(({ access }) => access === 'monitor'),
  async measure({ context, asRole }) {
    const [role] = Object.entries(context.spec.roles).find(([, { access }]) => access === 'monitor') ?? []
    if (role === undefined) return { ok: false, measured: 'no monitor role is declared' }
    const client = await asRole(role, databasesOf(context.spec, role)[0] ?? 'postgres')
    const simple = await client.query<{ status: string }>('select status from pgherd.simple_health_check()')
    const detailed = await client.query('select * from pgherd.detailed_health_check()')
    const metrics = await client.query('select * from pgherd.get_database_metrics()')
    return {
      ok: simple.rows[0]?.status === 'healthy' && detailed.rows.length > 0 && metrics.rows.length > 0,
      measured: `${simple.rows[0]?.status ?? 'no answer'}, ${detailed.rows.length} checks, ${metrics.rows.length} rows of metrics`,
    }
  },
}
