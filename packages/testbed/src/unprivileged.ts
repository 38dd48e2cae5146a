import { execFileSync } from 'node:child_process'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** The account servers of tests run as: whoever runs the tests, or `postgres` (else `nobody`) when that is root. */
export function unprivilegedAccount(): Account {
  const uid = process.getuid?.() ?? 0
  if (uid !== 0)
    return {
      name: execFileSync('id', ['-un'], { encoding: 'utf8' }).trim(),
      uid,
      gid: process.getgid?.() ?? uid,
    }
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
      return { name, uid: id('-u'), gid: id('-g') }
    } catch {
      // no such account: the next one
    }
  }
  throw new Error('no unprivileged account to run PostgreSQL as')
}
