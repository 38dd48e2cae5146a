import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { familiesOf } from './install-command.ts'

const run = promisify(execFile)

/** What apt-get may take: a slow mirror, and a lock that another installation holds. */
const longestMs = 15 * 60_000
const policy = '/usr/sbin/policy-rc.d'
const clusterPolicy = '/etc/postgresql-common/createcluster.conf'
const clusterTemplate = '/usr/share/postgresql-common/createcluster.conf'

/** No questions, nothing that is only recommended, and configuration files stay as they are. */
export const aptOptions: readonly string[] = [
  '-o',
  'DPkg::Lock::Timeout=300',
  '-o',
  'Dpkg::Options::=--force-confold',
  '--no-install-recommends',
  '--yes',
]

/** Whether packages of this machine come from apt-get. */
export function hasApt(): boolean {
  const release = '/etc/os-release'
  const families = existsSync(release) ? familiesOf(readFileSync(release, 'utf8')) : []
  return families.some((name) => ['debian', 'ubuntu'].includes(name)) && existsSync('/usr/bin/apt-get')
}

/** Runs apt-get and gives what it printed. Rejects with its exit and its standard error. */
export async function aptGet(...argv: readonly string[]): Promise<string> {
  const { stdout } = await run('apt-get', argv, {
    timeout: longestMs,
    maxBuffer: 64 * 2 ** 20,
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      DEBIAN_FRONTEND: 'noninteractive',
      // needrestart(1) would restart services whose libraries are replaced
      NEEDRESTART_SUSPEND: '1',
      LC_ALL: 'C.UTF-8',
      HOME: '/root',
    },
  })
  return stdout
}

/** The last words of an apt-get that failed. */
export function reasonOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string }
  return (stderr?.trim() || message || String(error)).split('\n').slice(-5).join('\n')
}

/**
 * Does something with packages while their scripts may neither start nor stop anything: the distribution would run its own
 * etcd, PgBouncer, Redis and PostgreSQL on the ports of ours, and init scripts may take processes of ours for theirs.
 * What the scripts are told for that is taken back afterwards.
 */
export async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const undo = [forbidServices(), forbidMainCluster()]
  try {
    return await work()
  } finally {
    for (const each of undo) each()
  }
}

/** policy-rc.d(8) with status 101: no service may be started or stopped. One that is there already has the say. */
function forbidServices(): () => void {
  return putAside(policy, '#!/bin/sh\n# pgherd: installing packages; removed afterwards\nexit 101\n', 0o755)
}

/** Debian makes a cluster `main` on port 5432 when PostgreSQL is first installed; one that has been configured is not touched. */
function forbidMainCluster(): () => void {
  const takeAway = putAside(
    clusterPolicy,
    '# pgherd: installing packages; removed afterwards\ncreate_main_cluster = false\n',
    0o644,
  )
  return () => {
    takeAway()
    // what the package would have put there, had ours not been there
    if (existsSync(clusterTemplate) && !existsSync(clusterPolicy))
      copyFileSync(clusterTemplate, clusterPolicy)
  }
}

/** Puts a file where none is, and gives how to take it away again, unless somebody has changed it meanwhile. */
export function putAside(path: string, contents: string, mode: number): () => void {
  if (existsSync(path)) return () => undefined
  const madeDirectory = !existsSync(dirname(path))
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, contents, { mode, flag: 'wx' })
  return () => {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== contents) return
    rmSync(path)
    if (!madeDirectory) return
    try {
      // only when the package has put nothing of its own there
      rmdirSync(dirname(path))
    } catch {
      // it has
    }
  }
}
