import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { RunAs } from '../../topology/host-facts.ts'

/** Account made for PostgreSQL when root runs pgherd on a machine without `postgres`. */
const ownAccount = { name: 'pgherd', home: '/var/lib/pgherd' }

/**
 * The user who runs pgherd. Throws DiagnosticError ACCOUNT_UNKNOWN when the user id has no passwd
 * entry: initdb refuses such a user ("could not look up effective user ID").
 */
export function findInvoker(): RunAs {
  try {
    const { username, uid, gid, homedir } = userInfo()
    return { name: username, uid, gid, home: homedir }
  } catch {
    const uid = process.geteuid?.() ?? -1
    throw new DiagnosticError(
      diagnose('ACCOUNT_UNKNOWN', {
        detail: `user id ${uid} has no entry in the passwd database; PostgreSQL does not start as a user without a name`,
        mend: mend.advice(`run pgherd as a named user, or add one as root: useradd --uid ${uid} pgherd`),
      }),
    )
  }
}

/**
 * The user PostgreSQL runs as: the invoker; when that is root, `postgres` if there is such an
 * account, else `pgherd`. Looks only. When neither exists yet, `pgherd` comes back with uid and gid -1:
 * good enough for a plan, and both chown(2) and setuid(2) refuse to act on it.
 */
export function findRunAs(invoker: RunAs): RunAs {
  if (invoker.uid !== 0) return invoker
  return lookUp('postgres') ?? lookUp(ownAccount.name) ?? { ...ownAccount, uid: -1, gid: -1 }
}

/**
 * As `findRunAs`, but makes the system account when it is missing. Throws DiagnosticError ACCOUNT_MISSING
 * when that does not work.
 */
export function ensureRunAsAccount(invoker: RunAs): RunAs {
  const found = findRunAs(invoker)
  return found.uid >= 0 ? found : createSystemAccount(found.name, found.home)
}

/** Makes a system account without login (useradd(8)); its home belongs to root and is not made here. */
export function createSystemAccount(name: string, home: string): RunAs {
  const argv = [
    'useradd',
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    home,
    '--shell',
    '/usr/sbin/nologin',
    name,
  ]
  let reason = 'it cannot be found afterwards'
  try {
    execFileSync(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  } catch (error) {
    reason = error instanceof Error ? error.message.trim() : String(error)
  }
  const made = lookUp(name)
  if (made) return made
  throw new DiagnosticError(
    diagnose('ACCOUNT_MISSING', {
      detail: `PostgreSQL refuses to run as root, and the account "${name}" could not be made: ${reason}`,
      mend: mend.run(...argv),
    }),
  )
}

/** One account of the passwd database, wherever that is kept (files, LDAP, sssd); undefined when there is none. */
export function lookUp(name: string): RunAs | undefined {
  // macOS has no getent(1); its id(1) prints a passwd line with three more fields before the name of the person
  const [program, args, homeField] =
    process.platform === 'darwin'
      ? (['id', ['-P', name], 8] as const)
      : (['getent', ['passwd', name], 5] as const)
  try {
    const line = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const fields = line.trim().split(':')
    const [uid, gid] = [Number(fields[2]), Number(fields[3])]
    if (fields[0] !== name || !Number.isInteger(uid) || !Number.isInteger(gid)) return undefined
    return { name, uid, gid, home: fields[homeField] || '/' }
  } catch {
    return undefined
  }
}
