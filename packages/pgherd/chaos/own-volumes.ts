import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Room for the data of a member: what PostgreSQL keeps of its WAL (wal_keep_size 512 MB, and as much again before a
 * checkpoint) and a second copy while one is replaced. It is memory, taken only as far as it is written to.
 */
const volumeSize = '2560m'

/**
 * Gives the data of each member a volume of its own, so that one can be full and the others not; none where the user is not
 * root, who alone may mount. Before the first `up`.
 */
export function mountVolumes(state: string, members: readonly string[]): void {
  if (process.geteuid?.() !== 0) return
  for (const member of members) {
    const directory = join(state, 'members', member, 'postgres')
    mkdirSync(directory, { recursive: true, mode: 0o755 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${volumeSize},mode=0755`, 'pgherd-chaos', directory])
  }
}

/** Unmounts every volume below a state directory; fine when there is none. */
export function unmountVolumes(state: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
  for (const directory of mounts) if (directory.startsWith(`${state}/`)) execFileSync('umount', [directory])
}
