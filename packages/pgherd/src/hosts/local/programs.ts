import { execFile } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { Spec } from '../../spec/schema.ts'
import type { Program, Programs } from '../../topology/host-facts.ts'
import { writeWholeFile } from '../whole-file.ts'
import { executable } from './postgres-tools.ts'

const run = promisify(execFile)

/** Where Debian keeps them; `sbin` is not in the PATH of an ordinary user. */
const systemDirectories = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin']

/** How each program tells its version, and where in the answer it stands. */
const questions: Readonly<Record<keyof Programs, readonly [name: string, argument: string, answer: RegExp]>> =
  {
    patroni: ['patroni', '--version', /patroni (\S+)/],
    etcd: ['etcd', '--version', /etcd Version: (\S+)/],
    etcdctl: ['etcdctl', 'version', /etcdctl version: (\S+)/],
    haproxy: ['haproxy', '-v', /version (\d+(?:\.\d+)*)/i],
    pgbouncer: ['pgbouncer', '--version', /PgBouncer (\S+)/],
    redis: ['redis-server', '--version', /v=(\S+)/],
  }

/** Versions by path and stamp of the program: what was asked once in this process is not asked again. */
type Known = Record<string, { readonly stamp: string; readonly version: string }>
const known: Known = {}

export interface ProgramSearch {
  /** Where answers are kept between commands: Patroni needs half a second to say its version. */
  readonly cache?: string
  readonly directories?: readonly string[]
}

/** The programs of a cluster that are installed on this machine; a single server needs none of them. */
export async function findPrograms(
  spec: Pick<Spec, 'topology'>,
  search: ProgramSearch = {},
): Promise<Programs> {
  if (spec.topology.members === 1) return {}
  const cached = search.cache === undefined ? {} : readCache(search.cache)
  const directories = search.directories ?? systemDirectories
  const found = await Promise.all(
    Object.entries(questions).map(async ([key, [name, argument, answer]]) => {
      const path = directories.map((directory) => `${directory}/${name}`).find(executable)
      const program = path === undefined ? undefined : await askVersion(path, argument, answer, cached)
      return program ? [[key, program] as const] : []
    }),
  )
  const programs = Object.fromEntries(found.flat()) as Programs
  if (search.cache !== undefined) writeCache(search.cache, cached, Object.values(programs) as Program[])
  return programs
}

/** The version a program says it has, asked once in this process while its file stays the same; undefined when it says none. */
export async function askVersion(
  path: string,
  argument: string,
  answer: RegExp,
  cached: Known = {},
): Promise<Program | undefined> {
  const stamp = stampOf(path)
  const before = [known[path], cached[path]].find((each) => each?.stamp === stamp)
  if (before) known[path] = before
  if (before) return { path, version: before.version }
  try {
    const { stdout } = await run(path, [argument], {
      timeout: 10_000,
      env: { PATH: '/usr/bin:/bin', ETCDCTL_API: '3' },
    })
    const version = answer.exec(stdout)?.[1]
    if (version === undefined) return undefined
    known[path] = { stamp, version }
    return { path, version }
  } catch {
    // installed and unable to say its version: as good as not there
    return undefined
  }
}

/** A package that is replaced brings new files: their inode and the time they were put there tell, even at equal size. */
function stampOf(path: string): string {
  const { size, mtimeMs, ctimeMs, ino } = statSync(path)
  return [size, mtimeMs, ctimeMs, ino].join('-')
}

/** What is no cache counts as an empty one. */
function readCache(file: string): Known {
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown> | null
    const whole = Object.entries(found ?? {}).filter(([, each]) => {
      const { stamp, version } = (each ?? {}) as Record<string, unknown>
      return typeof stamp === 'string' && typeof version === 'string'
    })
    return Object.fromEntries(whole) as Known
  } catch {
    return {}
  }
}

function writeCache(file: string, cached: Known, programs: readonly Program[]): void {
  const now = Object.fromEntries(programs.flatMap(({ path }) => (known[path] ? [[path, known[path]]] : [])))
  if (JSON.stringify(now) === JSON.stringify(cached) || !existsSync(dirname(file))) return
  try {
    writeWholeFile(file, `${JSON.stringify(now, undefined, 1)}\n`, { mode: 0o644 })
  } catch {
    // asked again next time
  }
}
