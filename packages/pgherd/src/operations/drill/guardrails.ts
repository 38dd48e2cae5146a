import { DiagnosticError, diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { oldestProofSeconds } from '../../spec/proof-age.ts'
import type { Spec } from '../../spec/schema.ts'
import { weaknesses } from '../weaknesses.ts'

/** What is known before a drill may begin. */
export interface Circumstances {
  readonly spec: Spec
  readonly view: ClusterView
  /** When the newest good proof was made; undefined when there never was one. */
  readonly provenAt: string | undefined
  readonly now: Date
}

/** Why a drill must not begin now; none when it may. Pure. */
export function guardrails({ spec, view, provenAt, now }: Circumstances): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  const unwell = weaknesses(spec, view)
  if (unwell.length > 0) {
    found.push(
      diagnose('DRILL_UNHEALTHY', {
        detail: `${unwell.join('; ')}. A fault on top of that could stop the database for good`,
        mend: mend.run('pgherd', 'status'),
      }),
    )
  }
  const age = provenAt === undefined ? undefined : (now.getTime() - Date.parse(provenAt)) / 1000
  if (age === undefined || age > oldestProofSeconds(spec)) {
    const since =
      age === undefined
        ? 'no backup was ever restored and checked'
        : `the last proof is ${Math.round(age / 3600)} h old`
    found.push(
      diagnose('DRILL_NO_PROOF', {
        detail: `${since}. A drill is only safe with a backup that is known to restore`,
        mend: mend.run('pgherd', 'prove'),
      }),
    )
  }
  return found
}

/** Throws DiagnosticError with every reason against beginning. */
export function requireSafe(circumstances: Circumstances): void {
  const found = guardrails(circumstances)
  if (found.length > 0) throw new DiagnosticError(found)
}
