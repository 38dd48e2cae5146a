import { spawn } from 'node:child_process'
import { clientCertificateFiles, type ClusterAccess } from '../packages/pgherd/src/cluster/access.ts'
import { connectTo, type Endpoint } from '../packages/pgherd/src/cluster/connect.ts'
import { postgresBin } from '../packages/testbed/src/bare-cluster-files.ts'

/** Settings of libpq for a way into the cluster: the role of the application, TLS checked in full whichever way it is. */
export async function libpqSettings(
  access: ClusterAccess,
  to: Endpoint,
  account: { readonly user: string; readonly secret: string; readonly database: string } = {
    user: 'app',
    secret: 'role-app',
    database: 'app',
  },
): Promise<Readonly<Record<string, string>>> {
  const { host, port, user, password, database } = await connectTo(access, to, account)
  return {
    PGHOST: String(host),
    PGPORT: String(port),
    PGUSER: String(user),
    PGPASSWORD: String(password),
    PGDATABASE: String(database),
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: clientCertificateFiles(access).ca,
  }
}

/** Runs a program of PostgreSQL's and gives what it said; throws that when it fails, and when the signal fires. */
export async function postgresProgram(
  name: string,
  argv: readonly string[],
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string> {
  const child = spawn(`${postgresBin}/${name}`, argv, {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${name} ended with ${code ?? 'a signal'}:\n${said.slice(-3000)}`)
  return said
}

export interface Throughput {
  readonly tps: number
  readonly failed: number
}

export interface Load {
  readonly clients: number
  readonly seconds: number
  /** Reads alone (pgbench --select-only). */
  readonly selectOnly?: boolean
}

/** pgbench's transactions by the simple protocol; connections are made before the time runs. */
export async function pgbench(
  settings: Readonly<Record<string, string>>,
  { clients, seconds, selectOnly }: Load,
  signal: AbortSignal,
): Promise<Throughput> {
  const argv = ['--no-vacuum', '--client', String(clients), '--jobs', '2', '--time', String(seconds)]
  const more = selectOnly ? ['--select-only'] : []
  const said = await postgresProgram('pgbench', [...argv, ...more], settings, signal)
  const figure = (pattern: RegExp) => Number(pattern.exec(said)?.[1] ?? NaN)
  return {
    tps: figure(/^tps = ([\d.]+) \(without initial connection time\)/m),
    failed: figure(/^number of failed transactions: (\d+)/m),
  }
}
