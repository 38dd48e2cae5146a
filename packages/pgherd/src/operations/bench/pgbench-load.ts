import { spawn } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { giveTo, spawnIdentity } from '../../hosts/run-as.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import type { LoadWay } from './bench-place.ts'
import { summarise, type BenchResult } from './measurement.ts'
import { tpcbScript } from './tpcb-transaction.ts'

export interface PgbenchLoad extends LoadWay {
  readonly program: string
  readonly runAs: RunAs
  /** Where the log of single transactions goes meanwhile. */
  readonly scratch: string
  readonly clients: number
  readonly seconds: number
  readonly scale: number
  readonly signal: AbortSignal
}

/** pgbench's default transaction with a log of every one, from which the percentiles come. */
export async function loadFromPgbench(load: PgbenchLoad): Promise<BenchResult> {
  const directory = await mkdtemp(join(load.scratch, 'bench-'))
  try {
    await giveTo(directory, load.runAs)
    await runPgbench(load, directory)
    const latencies: number[] = []
    let failed = 0
    for (const name of (await readdir(directory)).filter((each) => each.startsWith('log'))) {
      for (const line of (await readFile(join(directory, name), 'utf8')).split('\n')) {
        // client_id transaction_no time(us) script_no time_epoch time_us (pgbench, "Per-Transaction Logging")
        const time = line.split(' ')[2]
        if (time === undefined) continue
        if (/^\d+$/.test(time)) latencies.push(Number(time) / 1000)
        else failed++
      }
    }
    return summarise(
      { tool: 'pgbench', seconds: load.seconds, clients: load.clients, scale: load.scale, failed },
      latencies,
    )
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function runPgbench(load: PgbenchLoad, directory: string): Promise<void> {
  const script = join(directory, 'transaction.sql')
  await giveFile(script, tpcbScript(load.schema), load.runAs)
  const argv = [
    ...['--no-vacuum', '--protocol', load.prepares ? 'prepared' : 'extended'],
    ...['--client', String(load.clients), '--jobs', String(Math.min(2, load.clients))],
    ...['--time', String(load.seconds), '--scale', String(load.scale), '--file', script],
    ...['--log', '--log-prefix', join(directory, 'log')],
  ]
  const child = spawn(load.program, argv, {
    ...spawnIdentity(load.runAs),
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      HOME: load.runAs.home,
      LC_ALL: 'C',
      ...(await libpqSettings(load, directory)),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: load.signal,
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)))
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  )
  if (code === 0) return
  throw new DiagnosticError(
    diagnose('STEP_FAILED', {
      detail: `pgbench ended with code ${code ?? 'none'}: ${errors.trim().split('\n').slice(-2).join(' ')}`,
      mend: mend.run('pgherd', 'status'),
    }),
  )
}

/** The settings of libpq (libpq-envars); the password goes into a file, since an environment can be seen. */
async function libpqSettings(
  { connect, ca, runAs }: PgbenchLoad,
  directory: string,
): Promise<Readonly<Record<string, string>>> {
  const { host = '', port = 5432, user = '', database = '', password } = connect
  const settings = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database }
  if (ca === undefined || typeof password !== 'string') return settings
  const file = join(directory, 'pgpass')
  const fields = [host, String(port), database, user, password]
  await giveFile(file, `${fields.map((field) => field.replaceAll(/[\\:]/g, '\\$&')).join(':')}\n`, runAs)
  return { ...settings, PGPASSFILE: file, PGSSLMODE: 'verify-full', PGSSLROOTCERT: ca }
}

async function giveFile(path: string, contents: string, owner: RunAs): Promise<void> {
  await writeFile(path, contents, { mode: 0o600 })
  await giveTo(path, owner)
}
