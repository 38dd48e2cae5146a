import type { PackageChange } from '../../hosts/local/upgrade-packages.ts'
import type { OperationStep } from '../operation-plan.ts'
import type { Program, Versions } from './versions.ts'

/** The program whose version a package's is. */
const programOf: readonly (readonly [RegExp, Program])[] = [
  [/^postgresql-\d+$/, 'postgres'],
  [/^patroni$/, 'patroni'],
  [/^etcd-server$/, 'etcd'],
  [/^haproxy$/, 'haproxy'],
  [/^pgbouncer$/, 'pgbouncer'],
]

/** Versions of programs as they will be once the packages are there. Pure. */
export function installedWith(installed: Versions, packages: readonly PackageChange[]): Versions {
  return Object.fromEntries([
    ...Object.entries(installed),
    ...packages.flatMap(({ name, to }) => {
      const program = programOf.find(([pattern]) => pattern.test(name))?.[1]
      const version = upstreamOf(to)
      return program === undefined || version === undefined ? [] : [[program, version] as const]
    }),
  ])
}

/** `15.20` of `15.20-0+deb12u1`, `7.0.15` of `5:7.0.15-1` (deb-version(7)). */
function upstreamOf(version: string): string | undefined {
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(version)?.[1]
}

/** The step that brings packages in; none without packages. */
export function packagesStep(packages: readonly PackageChange[]): readonly OperationStep[] {
  if (packages.length === 0) return []
  return [
    {
      title: `install ${packages.map(({ name, from, to }) => `${name} ${from} -> ${to}`).join(', ')}`,
      because: '--install was given, and the package sources have newer ones; nothing is restarted by that',
      impact: 'nothing',
    },
  ]
}
