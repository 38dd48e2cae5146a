import type { PromiseCheck, VerifyTools } from '../promise.ts'

/** What the configuration files say is what runs, on every server. */
export const settingsInForce: PromiseCheck = {
  id: 'settings-in-force',
  rows: ['A7', 'E8', 'J4'],
  promise: 'the server runs with the rendered settings: no errors, no overrides, nothing waits for a restart',
  appliesTo: () => true,
  async measure(tools) {
    const seen = []
    for (const server of tools.servers) seen.push({ name: server.name, ...(await lookAt(tools, server)) })
    const [first] = seen
    if (first && seen.length === 1) return { ok: first.ok, measured: first.said }
    return {
      ok: seen.every(({ ok }) => ok),
      measured: seen.map(({ name, said }) => `${name}: ${said}`).join('; '),
    }
  },
}

/**
 * In a cluster Patroni's postgresql.conf begins with what initdb wrote (postgresql.base.conf) and says anew what differs:
 * what is overridden there is so by design (Patroni documentation, "Patroni configuration").
 */
const unapplied = `select pg_catalog.string_agg(name || ' in ' || sourcefile || coalesce(': ' || error, ' is overridden'), ', ')
  from pg_catalog.pg_file_settings
  where not applied and (error is not null or sourcefile not like '%/postgresql.base.conf')`

async function lookAt(
  { asSuperuserOf }: VerifyTools,
  server: VerifyTools['servers'][number],
): Promise<{ readonly ok: boolean; readonly said: string }> {
  const client = await asSuperuserOf(server)
  const { rows } = await client.query<{ total: number; bad: string | null; pending: string | null }>(
    `select (select count(*)::int from pg_catalog.pg_file_settings) as total,
            (${unapplied}) as bad,
            (select pg_catalog.string_agg(name, ', ') from pg_catalog.pg_settings where pending_restart) as pending`,
  )
  const { total = 0, bad, pending } = rows[0] ?? {}
  const trouble = [bad, pending && `waiting for a restart: ${pending}`].filter(
    (text) => typeof text === 'string',
  )
  return {
    ok: total > 0 && trouble.length === 0,
    said: trouble.length > 0 ? trouble.join('; ') : `${total} settings applied`,
  }
}
