import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import type { Plan, Step } from '../plan/plan.ts'
import type { ApplyTools } from './executor.ts'
import { execute } from './executors/registry.ts'
import { Journal } from './journal.ts'

export interface ApplyOptions {
  readonly tools: ApplyTools
  readonly journalDirectory: string
  readonly signal: AbortSignal
  readonly now: () => Date
  onStep?(step: Step, phase: 'begin' | 'done'): void
}

/**
 * Carries out a plan step by step. Stops before the next step when the signal fires, so that Ctrl-C
 * leaves whole steps only, and throws the signal's reason. Throws DiagnosticError STEP_FAILED or the
 * step's own findings.
 */
export async function applyPlan(plan: Plan, options: ApplyOptions): Promise<void> {
  const { tools, now, journalDirectory, signal } = options
  let journal = Journal.begin(journalDirectory, plan, now())
  try {
    for (const [index, step] of plan.steps.entries()) {
      signal.throwIfAborted()
      options.onStep?.(step, 'begin')
      try {
        await execute(step.action, tools)
      } catch (error) {
        const failure = asDiagnostic(step, error)
        journal?.failed(
          step.id,
          failure.diagnostics.map(({ code }) => code),
          now(),
        )
        throw failure
      }
      if (journal) journal.done(step.id, now())
      else {
        journal = Journal.begin(journalDirectory, plan, now())
        for (const { id } of plan.steps.slice(0, index + 1)) journal?.done(id, now())
      }
      options.onStep?.(step, 'done')
    }
    journal?.finish()
  } finally {
    journal?.close()
  }
}

function asDiagnostic(step: Step, error: unknown): DiagnosticError {
  if (error instanceof DiagnosticError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new DiagnosticError(
    diagnose('STEP_FAILED', {
      detail: `"${step.title}" failed: ${message}; what was done before it stays, nothing after it was begun`,
      mend: mend.run('pgherd', 'up'),
      at: { member: step.member },
    }),
    { cause: error },
  )
}
