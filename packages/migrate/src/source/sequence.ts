import { diagnose, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { compareVersions, labelOf, type Migration } from './migration.ts'

/** From here on versions are taken for points in time (20260131, 1684258264867), which have gaps by nature. */
export const firstTimestamp = 10_000_000

/** Migrations in the order in which they run. */
export function inOrder(migrations: readonly Migration[]): readonly Migration[] {
  return migrations.toSorted((a, b) => compareVersions(a.version, b.version))
}

/** Two migrations with one version: which of them ran would depend on chance. Takes them in order. */
export function duplicates(ordered: readonly Migration[]): readonly Diagnostic[] {
  return ordered.flatMap((migration, index) => {
    const before = ordered[index - 1]
    if (before?.version !== migration.version) return []
    return [
      diagnose('MIGRATE_VERSION_TWICE', {
        detail: `${before.up.file} and ${migration.up.file} have the same version, so it is open which of them runs`,
        mend: 'give the newer one the next free number',
        at: { file: migration.up.file, version: migration.version },
      }),
    ]
  })
}

/** Numbers left out between two counted migrations: mostly a file that was not committed. Takes them in order. */
export function gaps(ordered: readonly Migration[]): readonly Diagnostic[] {
  return ordered.flatMap((migration, index) => {
    const before = ordered[index - 1]
    if (!before || Number(migration.version) >= firstTimestamp) return []
    const missing = Number(migration.version) - Number(before.version) - 1
    if (missing <= 0) return []
    const first = Number(before.version) + 1
    const range = missing === 1 ? `${first} is` : `${first} to ${first + missing - 1} are`
    return [
      diagnose('MIGRATE_GAP', {
        detail: `${range} missing between ${labelOf(before)} and ${labelOf(migration)}; a file that turns up later would be out of order`,
        mend: `add the missing file, rename ${migration.up.file}, or allow gaps with { gaps: 'allow' }`,
        at: { file: migration.up.file, version: migration.version },
      }),
    ]
  })
}
