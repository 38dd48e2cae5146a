import { readFileSync, writeFileSync } from 'node:fs'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Plan } from '../plan/plan.ts'

/** A plan in a file: what was decided, for which database, from which observation. Holds no secrets. */
interface SavedPlan {
  readonly format: 1
  readonly name: string
  readonly state: string
  readonly plan: Plan
}

interface Origin {
  readonly spec: { readonly name: string }
  readonly state: string
}

/** Writes the plan to `file`, readable by its owner only. */
export function savePlan(file: string, plan: Plan, { spec, state }: Origin): void {
  const saved: SavedPlan = { format: 1, name: spec.name, state, plan }
  try {
    writeFileSync(file, `${JSON.stringify(saved, null, 1)}\n`, { mode: 0o600 })
  } catch (error) {
    throw new DiagnosticError(
      diagnose('PLAN_UNREADABLE', {
        detail: `the plan cannot be written to ${file}: ${(error as Error).message}`,
        mend: mend.advice('choose another file with --out'),
      }),
    )
  }
}

/** Reads a saved plan of this database; throws PLAN_UNREADABLE for anything else. */
export function readSavedPlan(file: string, { spec, state }: Origin): Plan {
  let saved: Partial<SavedPlan> | null = null
  try {
    saved = JSON.parse(readFileSync(file, 'utf8')) as Partial<SavedPlan> | null
  } catch (error) {
    throw unreadable(file, (error as Error).message)
  }
  if (saved?.format !== 1 || !Array.isArray(saved.plan?.steps))
    throw unreadable(file, 'it is no plan of this version of pgherd')
  if (saved.name !== spec.name || saved.state !== state)
    throw unreadable(file, `it is a plan of the database "${String(saved.name)}" in ${String(saved.state)}`)
  return saved.plan
}

function unreadable(file: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('PLAN_UNREADABLE', {
      detail: `${file} cannot be used: ${why}`,
      mend: mend.run('pgherd', 'plan', '--out', file),
    }),
  )
}

/** Thrown away when the world has moved: steps decided from other facts could do harm. */
export function refuseWhenStale(saved: Plan, fresh: Plan, file: string): void {
  if (saved.observed === fresh.observed && sameSteps(saved, fresh)) return
  throw new DiagnosticError(
    diagnose('PLAN_STALE', {
      detail: `${file} was made from another state than the one found now, or from another spec; its steps may no longer be right`,
      mend: mend.run('pgherd', 'plan', '--out', file),
    }),
  )
}

/** Files are compared by their digest: what changes by itself in them, such as free disk space, is not in it. */
function sameSteps(a: Plan, b: Plan): boolean {
  const text = ({ steps }: Plan) =>
    JSON.stringify(steps, (key, value: unknown) => (key === 'contents' ? undefined : value))
  return text(a) === text(b)
}
