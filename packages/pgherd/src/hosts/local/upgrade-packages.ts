import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { aptGet, aptOptions, hasApt, reasonOf, withoutServices } from './apt.ts'
import { neededPackages } from './packages.ts'

/** A package that is brought to a newer version; versions as Debian writes them, such as `15.20-0+deb12u1`. */
export interface PackageChange {
  readonly name: string
  readonly from: string
  readonly to: string
}

/**
 * Packages of a spec, and what they pull along, that have a newer version in the package sources than is installed here.
 * `refresh` reads the lists of the sources anew first, which root alone may do. Changes no package.
 *
 * @throws DiagnosticError PACKAGES_NOT_INSTALLED when apt-get is not there or refuses, or when it is no root that refreshes.
 */
export async function newerPackages(
  spec: Parameters<typeof neededPackages>[0],
  { refresh }: { readonly refresh: boolean },
): Promise<readonly PackageChange[]> {
  const names = upgradeable(spec)
  if (names.length === 0) return []
  if (!hasApt()) throw notUpgraded(names, 'there is no apt-get on this machine')
  if (refresh && process.geteuid?.() !== 0) throw notUpgraded(names, 'only root can install packages')
  try {
    if (refresh) await aptGet('update', '-o', 'DPkg::Lock::Timeout=300')
    return readSimulation(await aptGet('install', '--simulate', '--only-upgrade', ...aptOptions, ...names))
  } catch (error) {
    throw notUpgraded(names, reasonOf(error))
  }
}

/**
 * Brings the packages of a spec to the versions of the changes, as root; what they depend on follows. No service is started,
 * stopped or restarted. Throws DiagnosticError PACKAGES_NOT_INSTALLED.
 */
export async function upgradePackages(
  spec: Parameters<typeof neededPackages>[0],
  changes: readonly PackageChange[],
): Promise<void> {
  const mine = upgradeable(spec)
  // exactly what the plan says, though the sources may have moved on since
  const wanted = changes.filter(({ name }) => mine.includes(name)).map(({ name, to }) => `${name}=${to}`)
  if (wanted.length === 0) return
  try {
    await withoutServices(() => aptGet('install', '--only-upgrade', ...aptOptions, ...wanted))
  } catch (error) {
    throw notUpgraded(wanted, reasonOf(error))
  }
}

/** Lines such as `Inst patroni [3.0.2-1] (3.0.2-2 Debian:12.9/stable [all])`; without brackets a package is new. Pure. */
export function readSimulation(text: string): readonly PackageChange[] {
  return [...text.matchAll(/^Inst (\S+) \[([^\]]+)\] \((\S+)/gm)].map(
    ([, name = '', from = '', to = '']) => ({
      name,
      from,
      to,
    }),
  )
}

/** The programs of PostgreSQL that Patroni calls come in the package of the clients. */
function upgradeable(spec: Parameters<typeof neededPackages>[0]): readonly string[] {
  const names = neededPackages(spec).map(({ name }) => name)
  const server = `postgresql-${spec.postgres.version}`
  return names.includes(server) ? [...names, `postgresql-client-${spec.postgres.version}`] : names
}

function notUpgraded(names: readonly string[], reason: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('PACKAGES_NOT_INSTALLED', {
      detail: `${names.join(', ')} could not be brought to newer versions: ${reason}`,
      mend: mend.run('sudo', 'apt-get', 'install', '--only-upgrade', '--no-install-recommends', ...names),
    }),
  )
}
