import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { compareVersions, labelOf, type Migration } from '../source/migration.ts'
import type { Applied } from './record.ts'

export interface Policy {
  /** What becomes of a pending migration below an applied one; `refuse` when left out. */
  readonly outOfOrder?: 'refuse' | 'run'
  /** Whether the database may have newer migrations than the files, as during a rolling deployment; `refuse` when left out. */
  readonly ahead?: 'refuse' | 'allow'
}

export interface Judgement {
  /** In the order in which they would run. */
  readonly pending: readonly Migration[]
  /** Everything that does not fit. An error among them forbids any run. */
  readonly findings: readonly Diagnostic[]
}

/** Compares the files with what is in force in the database. Pure; both are in order of version. */
export function judge(
  migrations: readonly Migration[],
  applied: readonly Applied[],
  policy: Policy = {},
): Judgement {
  const inForce = new Map(applied.map((each) => [each.version, each]))
  const pending = migrations.filter(({ version }) => !inForce.has(version))
  const newestApplied = applied.at(-1)
  const early = pending.filter(
    ({ version }) => newestApplied && compareVersions(version, newestApplied.version) < 0,
  )
  return {
    pending,
    findings: [
      ...migrations.flatMap((migration) => changed(migration, inForce.get(migration.version))),
      ...missing(migrations, applied, policy),
      ...applied.filter(({ state }) => state === 'running' || state === 'undoing').map(partial),
      ...(policy.outOfOrder === 'run' ? [] : early.map((migration) => late(migration, newestApplied))),
    ],
  }
}

function changed(migration: Migration, applied: Applied | undefined): readonly Diagnostic[] {
  if (!applied || applied.checksum === migration.checksum) return []
  const { version, up } = migration
  return [
    diagnose('MIGRATE_CHECKSUM_CHANGED', {
      detail: `${up.file} is not what was applied as ${labelOf(applied)} (SHA-256 ${short(migration.checksum)}, applied ${short(applied.checksum)}); databases made from it now would differ from this one`,
      mend: `put the file back as it was and write a new migration, or, when the edit changes nothing, repair with { kind: 'accept-checksum', version: '${version}' }`,
      at: { file: up.file, version },
    }),
  ]
}

const short = (checksum: string) => (checksum === '' ? 'unknown' : checksum.slice(0, 12))

function missing(
  migrations: readonly Migration[],
  applied: readonly Applied[],
  policy: Policy,
): readonly Diagnostic[] {
  const files = new Set(migrations.map(({ version }) => version))
  const newest = migrations.at(-1)
  return applied
    .filter(({ version }) => !files.has(version))
    .flatMap((each) => {
      const isAhead = !newest || compareVersions(each.version, newest.version) > 0
      if (!isAhead)
        return [
          diagnose('MIGRATE_FILE_MISSING', {
            detail: `${labelOf(each)} was applied and its file is gone, so a new database would not be made as this one`,
            mend: `bring the file back (its text is in the history), or repair with { kind: 'forget-missing', version: '${each.version}' }`,
            at: { version: each.version },
          }),
        ]
      if (policy.ahead === 'allow') return []
      return [
        diagnose('MIGRATE_DATABASE_AHEAD', {
          detail: `${labelOf(each)} was applied by a newer release than this one, which does not know what it changed`,
          mend: `deploy the newer release, or let an older one start beside it with { ahead: 'allow' }`,
          at: { version: each.version },
        }),
      ]
    })
}

function partial(applied: Applied): Diagnostic {
  const { version, statementsDone } = applied
  return diagnose('MIGRATE_PARTIAL', {
    detail: `${labelOf(applied)} runs outside a transaction and stopped after ${statementsDone} of its statements; the next one may have taken effect or not`,
    mend: `look at the schema, then repair with { kind: 'resume', version: '${version}' } (goes on behind what is done), 'forget' (runs it anew) or 'complete' (counts it as applied)`,
    at: { version },
  })
}

function late(migration: Migration, newest: Applied | undefined): Diagnostic {
  return diagnose('MIGRATE_OUT_OF_ORDER', {
    detail: `${migration.up.file} is not applied, and ${newest ? labelOf(newest) : 'a newer one'} is; it was written for an older schema than it would meet`,
    mend: `give it a number above ${newest?.version ?? 'the newest'}, or run it where it is with { outOfOrder: 'run' }`,
    at: { file: migration.up.file, version: migration.version },
  })
}
