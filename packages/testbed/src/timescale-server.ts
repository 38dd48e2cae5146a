import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ThrowawayServer, type ServerOptions } from './throwaway-server.ts'
import { timescaleMajor } from './timescale-packages.ts'

const run = promisify(execFile)
const fetcher = join(import.meta.dirname, '../bin/fetch-timescale.ts')

/** A real PostgreSQL with Debian's build of TimescaleDB, the extension made in the database `postgres`. */
export async function startTimescale(options: ServerOptions = {}): Promise<ThrowawayServer> {
  const server = await ThrowawayServer.start({
    ...options,
    major: timescaleMajor,
    bin: join(await fetched(), `usr/lib/postgresql/${timescaleMajor}/bin`),
    settings: {
      shared_preload_libraries: 'timescaledb',
      // it would tell its makers
      'timescaledb.telemetry_level': 'off',
      ...options.settings,
    },
  })
  await server.query('create extension timescaledb')
  return server
}

/** Where the programs are; fetched once for a machine. Throws with the reason where they cannot be: never a skipped test. */
async function fetched(): Promise<string> {
  // read by the account of the server, from which the home of root is closed
  const cache =
    process.getuid?.() === 0
      ? '/var/cache/pgherd-testbed'
      : join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pgherd-testbed')
  const target = join(cache, `timescale-${recipe()}`)
  if (existsSync(target)) return target
  mkdirSync(cache, { recursive: true })
  chmodSync(cache, 0o755)
  try {
    // one at a time, and the lock goes with whoever is killed
    await run('flock', [join(cache, 'lock'), process.execPath, fetcher, target])
  } catch (thrown) {
    const { stderr = '', message } = thrown as { stderr?: string; message: string }
    throw new Error(
      `TimescaleDB could not be fetched with this machine's apt; the network and a mirror of Debian are needed:\n${stderr || message}`,
      { cause: thrown },
    )
  }
  return target
}

/** Of the sources that say what is in it, so that another list of packages is another directory. */
function recipe(): string {
  const hash = createHash('sha256')
  for (const name of ['src/timescale-packages.ts', 'src/debian-release.ts', 'bin/fetch-timescale.ts'])
    hash.update(readFileSync(join(import.meta.dirname, '..', name)))
  return hash.digest('hex').slice(0, 12)
}
