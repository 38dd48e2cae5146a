import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { RunAs } from '../../topology/host-facts.ts'
import { spawnIdentity } from '../run-as.ts'

/** The id without any rights on Linux and the BSDs. */
const nobody = 65534

/**
 * True when the account can pass every directory on the way to `path` (or to its nearest existing
 * parent) and enter or execute it. Asks the kernel as that user, so that access lists and mount
 * options count as well as mode bits.
 */
export function reachableBy(path: string, account: RunAs): boolean {
  // an account that is not made yet can reach what everybody can
  const who = account.uid < 0 ? { ...account, uid: nobody, gid: nobody } : account
  const { status } = spawnSync('test', ['-x', nearestExisting(path)], {
    ...spawnIdentity(who),
    cwd: '/',
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  })
  return status === 0
}

/** The path itself, or the closest directory above it that exists. */
export function nearestExisting(path: string): string {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return at
}
