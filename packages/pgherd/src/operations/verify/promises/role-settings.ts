import { databasesOf } from '../../../spec/role-databases.ts'
import type { PromiseCheck } from '../promise.ts'

/** Settings declared for a role are in force in a session of that role, such as ending idle sessions. */
export const roleSettings: PromiseCheck = {
  id: 'role-settings',
  rows: ['J3'],
  promise: 'settings of a role, such as idle timeouts, are in force in its sessions',
  appliesTo: (spec) => Object.values(spec.roles).some(({ settings }) => Object.keys(settings).length > 0),
  async measure({ context, asRole, asSuperuser }) {
    const wrong: string[] = []
    let looked = 0
    for (const [role, { settings }] of Object.entries(context.spec.roles)) {
      if (Object.keys(settings).length === 0) continue
      const client = await asRole(role, databasesOf(context.spec, role)[0] ?? 'postgres')
      const reference = await asSuperuser()
      for (const [name, declared] of Object.entries(settings)) {
        // a client that names itself, as this one does, goes before its role
        if (name === 'application_name') continue
        looked++
        const { rows } = await client.query<{ value: string }>(
          'select pg_catalog.current_setting($1) as value',
          [name],
        )
        // the server writes values its own way (15min for 900s): let it write the declared one, too
        const { rows: wanted } = await reference.query<{ value: string }>(
          'select pg_catalog.set_config($1, $2, false) as value',
          [name, declared],
        )
        if (rows[0]?.value !== wanted[0]?.value)
          wrong.push(`${role}.${name} is ${rows[0]?.value ?? 'unset'}, declared ${declared}`)
      }
    }
    return {
      ok: wrong.length === 0,
      measured: wrong.length > 0 ? wrong.join(', ') : `${looked} settings in force`,
    }
  },
}
