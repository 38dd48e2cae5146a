import type { PromiseCheck } from '../promise.ts'

/** What the configuration files say is what runs. */
export const settingsInForce: PromiseCheck = {
  id: 'settings-in-force',
  rows: ['A7', 'E8', 'J4'],
  promise: 'the server runs with the rendered settings: no errors, no overrides, nothing waits for a restart',
  appliesTo: () => true,
  async measure({ asSuperuser }) {
    const client = await asSuperuser()
    const { rows } = await client.query<{ total: number; bad: string | null; pending: string | null }>(
      `select (select count(*)::int from pg_catalog.pg_file_settings) as total,
              (select pg_catalog.string_agg(name || ' in ' || sourcefile || coalesce(': ' || error, ' is overridden'), ', ')
                 from pg_catalog.pg_file_settings where not applied) as bad,
              (select pg_catalog.string_agg(name, ', ') from pg_catalog.pg_settings where pending_restart) as pending`,
    )
    const { total = 0, bad, pending } = rows[0] ?? {}
    const trouble = [bad, pending && `waiting for a restart: ${pending}`].filter(
      (text) => typeof text === 'string',
    )
    return {
      ok: total > 0 && trouble.length === 0,
      measured: trouble.length > 0 ? trouble.join('; ') : `${total} settings applied`,
    }
  },
}
