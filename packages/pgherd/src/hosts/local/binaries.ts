import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Spec } from '../../spec/schema.ts'
import type { PostgresBinaries, RunAs } from '../../topology/host-facts.ts'
import {
  findEmbeddedPackage,
  makeLinks,
  missingLinks,
  writable,
  type EmbeddedPackage,
} from './embedded-package.ts'
import { installCommand, systemDirectories } from './install-command.ts'
import { executable, findExtensions, findTools } from './postgres-tools.ts'
import { reachableBy } from './reachable.ts'
import { copyRuntime } from './runtime-copy.ts'

type PostgresSpec = Pick<Spec['postgres'], 'version' | 'binaries'>

export interface BinariesOptions {
  readonly runAs: RunAs
  /** The state directory: an ordinary user's copy of the embedded programs lives below it. */
  readonly state: string
  /** Make what is missing (links, a copy that the run-as user can reach). When false, only tells where it will be. */
  readonly prepare: boolean
  /** The npm package; found by its name when left out. */
  readonly embedded?: EmbeddedPackage
}

/** Where root keeps copies of the embedded programs. */
const rootRuntime = '/var/lib/pgherd'

/**
 * The PostgreSQL programs the spec asks for. Throws DiagnosticError POSTGRES_MISSING with the command that
 * installs them, or POSTGRES_WRONG_VERSION. The share of it that tells about io_uring comes from `probeIoUring`.
 */
export function findPostgres(spec: PostgresSpec, options: BinariesOptions): PostgresBinaries {
  if (spec.binaries === 'embedded') return findEmbedded(spec, options)
  if (spec.binaries === 'system') return findSystem(spec)
  const bin = spec.binaries.path
  if (!executable(join(bin, 'postgres')) || !executable(join(bin, 'initdb'))) {
    throw new DiagnosticError(
      diagnose('POSTGRES_MISSING', {
        detail: `${bin} has no postgres and initdb that can be executed; it should be the bin directory of an installation`,
        mend: mend.run(...installCommand(spec.version)),
        at: { path: 'postgres.binaries.path' },
      }),
    )
  }
  return describe('path', spec.version, bin)
}

function findEmbedded(
  spec: PostgresSpec,
  { runAs, state, prepare, embedded }: BinariesOptions,
): PostgresBinaries {
  const found = embedded ?? findEmbeddedPackage()
  const major = requireMajor('embedded', spec.version, found.version, found.native)
  const links = missingLinks(found.root)
  const usable =
    reachableBy(join(found.native, 'bin', 'postgres'), runAs) &&
    reachableBy(join(found.native, 'share'), runAs)
  const copied = !usable || (links.length > 0 && !writable(join(found.native, 'lib')))
  const target = join(
    process.geteuid?.() === 0 ? rootRuntime : join(state, 'runtime'),
    `postgresql-${found.version}`,
  )
  if (prepare && copied) copyRuntime(found, target)
  if (prepare && !copied) makeLinks(links)
  const bin = join(copied ? target : found.root, 'native', 'bin')
  return {
    flavour: 'embedded',
    major,
    version: found.version,
    bin,
    tools: findTools(copied && !existsSync(bin) ? join(found.native, 'bin') : bin, major, true),
    extensions: findExtensions(join(found.native, 'share', 'postgresql')),
  }
}

function findSystem(spec: PostgresSpec): PostgresBinaries {
  const candidates = systemDirectories(spec.version).filter((bin) => executable(join(bin, 'postgres')))
  const bin = candidates.find((each) => majorOf(versionOf(each)) === spec.version)
  if (bin !== undefined) return describe('system', spec.version, bin)
  throw new DiagnosticError(
    diagnose('POSTGRES_MISSING', {
      detail: `PostgreSQL ${spec.version} is not installed on this system (looked in ${systemDirectories(spec.version).join(', ')})`,
      mend: mend.run(...installCommand(spec.version)),
      at: { path: 'postgres.binaries' },
    }),
  )
}

function describe(
  flavour: 'system' | 'path',
  wanted: PostgresSpec['version'],
  bin: string,
): PostgresBinaries {
  const version = versionOf(bin)
  const major = requireMajor(flavour, wanted, version, bin)
  return {
    flavour,
    major,
    version,
    bin,
    // a directory of one's own often holds the server alone, as the embedded one does
    tools: findTools(bin, major, flavour === 'path'),
    extensions: findExtensions(shareDirectoryOf(bin, major)),
  }
}

function requireMajor(
  flavour: PostgresBinaries['flavour'],
  wanted: PostgresSpec['version'],
  version: string,
  where: string,
): PostgresBinaries['major'] {
  if (majorOf(version) === wanted) return wanted
  throw new DiagnosticError(
    diagnose('POSTGRES_WRONG_VERSION', {
      detail: `the spec asks for PostgreSQL ${wanted}, ${where} is ${version}; a data directory only works with its own major version`,
      mend:
        flavour === 'embedded'
          ? mend.edit('postgres.binaries', 'system')
          : mend.edit('postgres.version', majorOf(version)),
      at: { path: 'postgres.version' },
    }),
  )
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10)
}

/** `postgres --version` prints `postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)`. Throws DiagnosticError POSTGRES_MISSING when it does not run. */
function versionOf(bin: string): string {
  try {
    const text = execFileSync(join(bin, 'postgres'), ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const version = /\(PostgreSQL\) (\d+(?:\.\d+|beta\d+|rc\d+|devel)?)/.exec(text)?.[1]
    if (version !== undefined) return version
    throw new Error(`it printed ${text.trim()}`)
  } catch (error) {
    throw new DiagnosticError(
      diagnose('POSTGRES_MISSING', {
        detail: `${join(bin, 'postgres')} does not run: ${error instanceof Error ? error.message : String(error)}`,
        mend: mend.run('ldd', join(bin, 'postgres')),
        at: { path: 'postgres.binaries' },
      }),
    )
  }
}

/** pg_config knows it; without one, the places distributions use. */
function shareDirectoryOf(bin: string, major: number): string {
  if (executable(join(bin, 'pg_config'))) {
    return execFileSync(join(bin, 'pg_config'), ['--sharedir'], { encoding: 'utf8' }).trim()
  }
  const places = [join(bin, '../share/postgresql'), join(bin, '../share'), `/usr/share/postgresql/${major}`]
  return places.find((place) => existsSync(join(place, 'extension'))) ?? places[0] ?? bin
}
