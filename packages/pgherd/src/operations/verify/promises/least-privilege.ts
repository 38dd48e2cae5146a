import type { PromiseCheck } from '../promise.ts'

/** No declared role holds a right that reaches beyond its data. */
export const leastPrivilege: PromiseCheck = {
  id: 'least-privilege',
  rows: ['A6', 'I13', 'J5'],
  promise: 'no declared role is superuser, creates roles or databases, replicates or bypasses row security',
  appliesTo: (spec) => Object.keys(spec.roles).length > 0,
  async measure({ context, asSuperuser }) {
    const client = await asSuperuser()
    const { rows } = await client.query<{ rolname: string; strong: boolean }>(
      `select rolname, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as strong
         from pg_catalog.pg_roles where rolname = any($1)`,
      [Object.keys(context.spec.roles)],
    )
    const strong = rows.filter((row) => row.strong).map((row) => row.rolname)
    return {
      ok: strong.length === 0 && rows.length === Object.keys(context.spec.roles).length,
      measured: strong.length > 0 ? `too strong: ${strong.join(', ')}` : `${rows.length} roles looked at`,
    }
  },
}
