import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Unit } from '../../components/component.ts'
import { findPostgres } from './binaries.ts'
import type { Sandbox } from './sandbox.testkit.ts'

/** Makes a cluster in a sandbox, with the peer map every member has, and gives the unit that runs it. */
export async function makeCluster(
  sandbox: Sandbox,
  settings: Readonly<Record<string, string>> = {},
): Promise<Unit> {
  const { host, member, spec, runAs, invoker } = sandbox
  const { paths, ports } = member
  const { bin } = findPostgres(spec.postgres, { runAs, state: paths.state, prepare: true })
  await host.makeDirectory(paths.data, 0o700, 'run-as')
  const locale = ['--encoding=UTF8', '--locale=C']
  const made = await host.exec([
    join(bin, 'initdb'),
    '-D',
    paths.data,
    '-U',
    'postgres',
    '-A',
    'peer',
    '--no-sync',
    ...locale,
  ])
  if (made.code !== 0) throw new Error(made.stderr)
  const all = {
    port: String(ports.postgres),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: paths.sockets,
    fsync: 'off',
    shared_buffers: '16MB',
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(paths.data, 'postgresql.conf'), lines.join(''))
  const names = [...new Set([runAs.name, invoker.name])]
  appendFileSync(
    join(paths.data, 'pg_ident.conf'),
    names.map((name) => `pgherd "${name}" postgres\n`).join(''),
  )
  const hba = 'local all postgres peer map=pgherd\nhostssl all all 127.0.0.1/32 scram-sha-256\n'
  await host.writeFile({ path: join(paths.data, 'pg_hba.conf'), contents: hba, mode: 0o600, owner: 'run-as' })
  return sandbox.unit('postgres', [join(bin, 'postgres'), '-D', paths.data], {
    stop: { signal: 'SIGINT', timeoutSeconds: 20, thenSignal: 'SIGQUIT' },
    reload: { signal: 'SIGHUP' },
  })
}
