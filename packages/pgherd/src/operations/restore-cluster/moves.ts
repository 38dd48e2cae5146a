import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { WriteHost } from '../../hosts/host.ts'

/** What becomes of the data directory of one member. Paths lie beside each other: a move is a rename. */
export interface MemberMove {
  readonly member: string
  readonly data: string
  /** Where what is there now is kept. */
  readonly kept: string
  /** What comes in its place; left out: nothing, and Patroni clones the member. */
  readonly from?: string
}

export interface Present {
  readonly data: boolean
  readonly kept: boolean
  readonly from: boolean
}

export type Rename = readonly [from: string, to: string]

/**
 * The renames that are still to be done, as far as can be seen from what is there: so that a run that was cut off at any
 * point is finished by the next. Pure; a text says why it cannot be finished.
 */
export function movesLeft(move: MemberMove, present: Present): readonly Rename[] | string {
  const { data, kept, from } = move
  const aside: readonly Rename[] = present.data ? [[data, kept]] : []
  if (from === undefined) {
    return present.data && present.kept ? `${data} and ${kept} are both there` : aside
  }
  if (!present.from) return present.data ? [] : `neither ${from} nor ${data} is there`
  if (present.data && present.kept) return `${data}, ${from} and ${kept} are all there`
  return [...aside, [from, data]]
}

/** Moves the directories of a stopped member. Never removes or writes over one. Throws DiagnosticError RESTORE_UNFINISHED. */
export async function moveData(host: WriteHost, move: MemberMove): Promise<void> {
  const { member, data, kept, from } = move
  const isThere = async (path: string | undefined) => path !== undefined && !!(await host.stat(path))
  const left = movesLeft(move, {
    data: await isThere(data),
    kept: await isThere(kept),
    from: await isThere(from),
  })
  if (typeof left === 'string') {
    throw new DiagnosticError(
      diagnose('RESTORE_UNFINISHED', {
        detail: `the data directories of ${member} are not as they were left: ${left}. Nothing was changed there`,
        mend: mend.advice(
          'find out who put them there, rename the one that does not belong, then run "pgherd up"; no data directory has been deleted',
        ),
        at: { member },
      }),
    )
  }
  for (const [source, target] of left) await host.moveOwned(source, target)
}
