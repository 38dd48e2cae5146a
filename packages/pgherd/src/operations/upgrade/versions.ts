import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import { compareVersions, versionNumbers } from '../../topology/version-order.ts'

/** Programs whose running version is known. */
export type Program = 'postgres' | 'patroni' | 'etcd' | 'haproxy' | 'pgbouncer'

export type Versions = Readonly<Partial<Record<Program, string>>>

/** What runs on one member, and what a restart would start there. */
export interface MemberVersions {
  readonly member: string
  readonly running: Versions
  readonly installed: Versions
}

/** A program of a member that a restart would change. */
export interface VersionChange {
  readonly member: string
  readonly program: Program
  readonly from: string
  readonly to: string
}

/** How people call the programs. */
export const programNames: Readonly<Record<Program, string>> = {
  postgres: 'PostgreSQL',
  patroni: 'Patroni',
  etcd: 'etcd',
  haproxy: 'HAProxy',
  pgbouncer: 'PgBouncer',
}

/** Programs that run in another version than is installed, in either direction; an unknown version counts as none. */
export function changesOf(versions: readonly MemberVersions[]): readonly VersionChange[] {
  return versions.flatMap(({ member, running, installed }) =>
    (Object.keys(programNames) as Program[]).flatMap((program): VersionChange[] => {
      const [from, to] = [running[program], installed[program]]
      if (from === undefined || to === undefined || compareVersions(from, to) === 0) return []
      return [{ member, program, from, to }]
    }),
  )
}

/** Changes of version that must not be made, each with its mend; all members that share one are told at once. Pure. */
export function refusedChanges(changes: readonly VersionChange[]): readonly Diagnostic[] {
  const seen = new Map<string, { readonly change: VersionChange; readonly members: string[] }>()
  for (const change of changes) {
    const key = [change.program, change.from, change.to].join(' ')
    const known = seen.get(key)
    if (known) known.members.push(change.member)
    else seen.set(key, { change, members: [change.member] })
  }
  return [...seen.values()].flatMap(({ change, members }) => refusalOf(change, members.join(', ')))
}

function refusalOf({ program, from, to }: VersionChange, members: string): readonly Diagnostic[] {
  const name = programNames[program]
  const major = (version: string) => versionNumbers(version)[0] ?? 0
  const minor = (version: string) => versionNumbers(version)[1] ?? 0
  if (program === 'postgres' && major(from) !== major(to))
    return [
      diagnose('UPGRADE_MAJOR', {
        detail: `${members} runs PostgreSQL ${from}, and ${to} is what a restart would start; a data directory only works with its own major version, so none was restarted`,
        mend: mend.edit('postgres.version', major(from)),
        at: { path: 'postgres.version' },
      }),
    ]
  if (compareVersions(to, from) < 0)
    return [
      diagnose('UPGRADE_DOWNGRADE', {
        detail: `${members} runs ${name} ${from}, and ${to} is installed; an older version may not understand what the newer one has written`,
        mend: mend.advice(
          `install ${name} ${from} or newer again; its restarts, also unplanned ones, start the older one until then`,
        ),
      }),
    ]
  // etcd docs, "Upgrading etcd clusters": one minor version at a time, members of both work together meanwhile
  if (program === 'etcd' && (major(from) !== major(to) || minor(to) - minor(from) > 1))
    return [stepTooLarge(name, from, to, members, `${major(from)}.${minor(from) + 1}`)]
  // Patroni release notes, 4.0.0: members of both versions only work together from 3.1.0 on
  if (program === 'patroni' && major(to) >= 4 && compareVersions(from, '3.1') < 0)
    return [stepTooLarge(name, from, to, members, '3.3')]
  return []
}

function stepTooLarge(name: string, from: string, to: string, members: string, first: string): Diagnostic {
  return diagnose('UPGRADE_STEP_TOO_LARGE', {
    detail: `${members} runs ${name} ${from}, and ${to} is installed; while members are upgraded one after the other, both versions would run beside each other, which ${name} does not support over such a step`,
    mend: mend.advice(`install ${name} ${first} first and run pgherd upgrade, then install ${to}`),
  })
}
