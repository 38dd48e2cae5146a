import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the hierarchy is mounted when the machine has none: on a machine with version 2 alone /sys/fs/cgroup is closed. */
const ownMount = '/run/pgherd/net_cls'

/**
 * Where network classes of control groups are mounted (cgroups(7), net_cls); undefined when they are not. Version 1, because
 * there the open sockets of a process change their class with it, which with version 2 they never do.
 */
export function classHierarchy(): string | undefined {
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const [mount = '', file = ''] = line.split(' - ')
    const [type, , options = ''] = file.split(' ')
    if (type === 'cgroup' && options.split(',').includes('net_cls')) return mount.split(' ')[4]
  }
  return undefined
}

/** Mounts the hierarchy unless it is there. It stays until the next start of the machine: others may use it meanwhile. */
export function requireClassHierarchy(): string {
  const found = classHierarchy()
  if (found !== undefined) return found
  mkdirSync(ownMount, { recursive: true, mode: 0o755 })
  execFileSync('mount', ['-t', 'cgroup', '-o', 'net_cls', 'cgroup', ownMount], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return ownMount
}

/** Puts processes into a group whose packets carry a class; what they start follows. Takes all that `list` gives until it gives nothing new. */
export function enclose(
  hierarchy: string,
  name: string,
  classId: number,
  list: () => readonly number[],
): void {
  const group = join(hierarchy, name)
  mkdirSync(group, { recursive: true })
  writeFileSync(join(group, 'net_cls.classid'), String(classId))
  const moved = new Set<number>()
  for (let before = -1; before !== moved.size;) {
    before = moved.size
    for (const pid of list()) {
      if (!moved.has(pid)) move(group, pid)
      moved.add(pid)
    }
  }
}

/** Takes all processes out of a group and removes it; does nothing when there is none. */
export function release(hierarchy: string, name: string): void {
  const group = join(hierarchy, name)
  for (let attempt = 0; existsSync(group) && attempt < 100; attempt++) {
    for (const pid of readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean))
      move(hierarchy, Number(pid))
    try {
      rmdirSync(group)
    } catch (error) {
      // something was started between the look and the removal
      if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY')) throw error
    }
  }
}

function move(group: string, pid: number): void {
  try {
    writeFileSync(join(group, 'cgroup.procs'), String(pid))
  } catch (error) {
    // it has ended
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
