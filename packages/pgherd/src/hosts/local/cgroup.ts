import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** A control group this process is in, from its own directory up to the mount. */
interface Hierarchy {
  readonly version: 1 | 2
  /** Nearest first; limits of parents hold for children as well. */
  readonly directories: readonly string[]
}

export interface CgroupLimits {
  readonly memoryBytes: number
  /** Processors as a fraction: quota divided by period. */
  readonly cpus: number
}

/**
 * The tightest memory and processor limits of this process's control groups and all their parents;
 * Infinity where there is none. Linux only (cgroups(7)); elsewhere nothing is limited.
 * `root` is a prefix for every path read, for tests.
 */
export function readCgroupLimits(root = ''): CgroupLimits {
  const memory = hierarchy(root, 'memory').flatMap(({ version, directories }) =>
    directories.flatMap((directory) =>
      version === 2
        ? // memory.high throttles before memory.max kills: a database must stay below both
          [number(directory, 'memory.max'), number(directory, 'memory.high')]
        : [number(directory, 'memory.limit_in_bytes')],
    ),
  )
  const cpus = hierarchy(root, 'cpu').flatMap(({ version, directories }) =>
    directories.map((directory) => (version === 2 ? quotaOfMax(directory) : quotaOfCfs(directory))),
  )
  return { memoryBytes: Math.min(Infinity, ...memory), cpus: Math.min(Infinity, ...cpus) }
}

/** The hierarchies that control a resource: on a hybrid machine both versions are mounted. */
function hierarchy(root: string, controller: string): Hierarchy[] {
  const memberships = lines(join(root, '/proc/self/cgroup'))
  const mounts = lines(join(root, '/proc/self/mountinfo'))
  return memberships.flatMap((membership): Hierarchy[] => {
    // cgroups(7): hierarchy-ID:controller-list:cgroup-path
    const [id, controllers = '', ...rest] = membership.split(':')
    const version = id === '0' && controllers === '' ? 2 : 1
    if (version === 1 && !controllers.split(',').includes(controller)) return []
    const mount = findMount(mounts, version, controller)
    if (!mount) return []
    // in a container the path can lie outside of what is mounted: then the mount is our own group
    const below = relative(mount.root, rest.join(':'))
    const start = below.startsWith('..') ? mount.at : join(mount.at, below)
    return [{ version, directories: upTo(join(root, start), join(root, mount.at)) }]
  })
}

/** proc_pid_mountinfo(5): `36 35 98:0 /root /mount options [tags] - type source super-options`. */
function findMount(
  mounts: readonly string[],
  version: 1 | 2,
  controller: string,
): { root: string; at: string } | undefined {
  for (const line of mounts) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , root, at] = before.split(' ')
    const [type, , options = ''] = after.split(' ')
    if (root === undefined || at === undefined) continue
    const matches =
      version === 2 ? type === 'cgroup2' : type === 'cgroup' && options.split(',').includes(controller)
    if (matches) return { root: unescape(root), at: unescape(at) }
  }
  return undefined
}

/** mountinfo writes blanks and backslashes as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

function upTo(start: string, top: string): string[] {
  const directories: string[] = []
  for (let at = start; at.startsWith(top) && at.length > 0; at = dirname(at)) {
    directories.push(at)
    if (at === top || dirname(at) === at) break
  }
  return directories
}

function quotaOfMax(directory: string): number {
  const [quota, period] = text(directory, 'cpu.max').split(/\s+/)
  return quota && period && quota !== 'max' ? Number(quota) / Number(period) : Infinity
}

function quotaOfCfs(directory: string): number {
  const quota = number(directory, 'cpu.cfs_quota_us')
  const period = number(directory, 'cpu.cfs_period_us')
  return quota > 0 && Number.isFinite(period) && period > 0 ? quota / period : Infinity
}

/** Infinity for `max`, a missing file, or the number near 2^63 that version 1 writes for "no limit". */
function number(directory: string, file: string): number {
  const value = Number.parseInt(text(directory, file), 10)
  return Number.isNaN(value) || value >= 2 ** 62 ? Infinity : value
}

function text(directory: string, file: string): string {
  const path = join(directory, file)
  if (!existsSync(path)) return ''
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

function lines(path: string): string[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
