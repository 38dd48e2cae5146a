import { existsSync } from 'node:fs'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { aptGet, aptOptions, hasApt, reasonOf, withoutServices } from './apt.ts'
import { neededPackages } from './packages.ts'

/** Names of the packages a spec needs that are not installed here. */
export function missingPackages(spec: Parameters<typeof neededPackages>[0]): readonly string[] {
  return neededPackages(spec)
    .filter(({ proof }) => !existsSync(proof))
    .map(({ name }) => name)
}

/** The finding about packages that are missing; its mend is a command to copy. */
export function packagesMissing(names: readonly string[], asRoot = process.geteuid?.() === 0): Diagnostic {
  return diagnose('PACKAGES_MISSING', {
    detail: `these packages are not installed on this machine: ${names.join(', ')}; a cluster consists of their programs`,
    mend: hasApt()
      ? asRoot
        ? mend.run('pgherd', 'up', '--install')
        : mend.run(...installLine(names))
      : mend.advice(
          'install these programs with the package manager of this system; the names are those of Debian',
        ),
    at: { path: 'topology.members' },
  })
}

/** The command line that installs packages by hand. */
export function installLine(names: readonly string[]): readonly string[] {
  return ['sudo', 'apt-get', 'install', '--no-install-recommends', '--yes', ...names]
}

/**
 * Installs Debian packages as root without a question, without recommended packages and without starting what they bring:
 * the distribution would run its own etcd, PgBouncer, Redis and PostgreSQL on the ports of ours. What a package's scripts
 * are told for that is taken back afterwards. Throws DiagnosticError PACKAGES_NOT_INSTALLED, PACKAGES_MISSING (not root, or no apt).
 */
export async function installPackages(names: readonly string[]): Promise<void> {
  if (names.length === 0) return
  if (process.geteuid?.() !== 0 || !hasApt()) throw new DiagnosticError(packagesMissing(names))
  await withoutServices(() => aptInstall(names))
}

async function aptInstall(names: readonly string[]): Promise<void> {
  try {
    await aptGet('install', ...aptOptions, ...names)
  } catch {
    // most often the lists are old or were never fetched
    try {
      await aptGet('update')
      await aptGet('install', ...aptOptions, ...names)
    } catch (error) {
      throw notInstalled(names, error)
    }
  }
}

function notInstalled(names: readonly string[], error: unknown): DiagnosticError {
  return new DiagnosticError(
    diagnose('PACKAGES_NOT_INSTALLED', {
      detail: `apt-get could not install ${names.join(', ')}:\n${reasonOf(error)}`,
      mend: mend.run(...installLine(names)),
    }),
  )
}
