import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Journal } from '../../apply/journal.ts'
import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { agentAnswers } from '../../operations/agent-answers.ts'
import type { ProvedOrRenewed } from '../../operations/prove-or-renew.ts'
import { bringUp, look } from '../../operations/up.ts'
import type { Plan } from '../../plan/plan.ts'
import type { Invocation, Verb } from '../command.ts'
import { adoptDrift } from '../adopt.ts'
import { healLeftFault } from '../heal-left-fault.ts'
import { textOption } from '../option.ts'
import { readSavedPlan, refuseWhenStale } from '../saved-plan.ts'
import { openSession, type Session } from '../session.ts'
import { confirm } from '../views/confirm.ts'
import { showPlan } from '../views/plan.ts'
import { showSteps, type StepProgress } from '../views/step-progress.ts'
import { showSummary, summaryDocument } from '../views/summary.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  let session = await openSession(globals, { prepare: true, install: options['install'] === true })
  using _lock = session.lock('pgherd up')
  const resumed = await resumeInterruptedRestore(session, invocation)
  if (resumed !== undefined) output.line(resumed)
  await healLeftFault(session, invocation, { later: true })
  const interrupted = Journal.interrupted(session.member.paths.journal)
  if (interrupted) {
    output.line(
      `An up begun at ${interrupted.at} did not finish: ${interrupted.done} of ${interrupted.steps} steps were done. Going on from what is there.`,
    )
  }
  if (options['adopt'] === true && (await adoptDrift(session, output)))
    session = await openSession(globals, { prepare: true })
  const saved = textOption(options, 'plan')
  const check = saved === undefined ? undefined : savedPlanCheck(saved, session)
  // here as well as before the first step: a plan that has become empty is stale, too
  check?.((await look(session.up)).plan)

  const result = await carryOut(session, invocation, check)
  await healLeftFault(session, invocation)
  await agentAnswers(session.spec.agent.listen, session.member)
  const proved = options['prove'] === false ? undefined : await proveFirst(session, invocation)
  showSummary(session, result, proved, output)
  output.document(summaryDocument(session, result, proved))
  // what counts is that there is a proven backup now
  return proved && !(proved.renewed ?? proved.proof).ok ? exitCodes.findings : exitCodes.done
}

/** Compares a plan about to be carried out with the saved one; throws DiagnosticError PLAN_STALE. */
function savedPlanCheck(file: string, session: Session): (fresh: Plan) => void {
  const saved = readSavedPlan(file, session)
  return (fresh) => refuseWhenStale(saved, fresh, file)
}

async function carryOut(
  session: Session,
  invocation: Invocation,
  check: ((fresh: Plan) => void) | undefined,
) {
  const { output, signal } = invocation
  let progress: StepProgress | undefined
  try {
    const result = await bringUp({
      ...session.up,
      signal,
      now: () => new Date(),
      async approve(plan, round) {
        await progress?.end()
        progress = undefined
        // what the first round finds is what is carried out: it must still be what was saved
        if (round === 0) check?.(plan)
        await askAbout(plan, session, invocation)
        progress = showSteps(plan, output, session.state)
      },
      onStep: (step, phase) => progress?.onStep(step, phase),
    })
    await progress?.end()
    return result
  } catch (error) {
    await progress?.end(error)
    throw error
  }
}

/** What interrupts users or undoes what somebody did by hand is never done unasked. */
async function askAbout(plan: Plan, session: Session, invocation: Invocation): Promise<void> {
  const grave = plan.steps.filter(
    ({ impact, cause }) => cause === 'drift' || !['nothing', 'reload'].includes(impact),
  )
  if (grave.length === 0) return
  showPlan(plan, invocation.output, session)
  await confirm('Carry out this plan?', invocation)
}

/** A restore in place that was cut off is finished or undone before anything looks at the data directory. */
async function resumeInterruptedRestore(
  session: Session,
  invocation: Invocation,
): Promise<string | undefined> {
  const { run } = session.member.paths
  const note = join(run, session.cluster ? 'cluster-restore.json' : 'restore.json')
  if (!existsSync(note)) return undefined
  const context = session.context(invocation)
  const resumed = session.cluster
    ? await import('../../operations/restore-cluster/resume.ts').then((it) =>
        it.resumeClusterRestore(context),
      )
    : await import('../../operations/restore.ts').then((it) => it.resumeRestore(context))
  return resumed === 'nothing' ? undefined : `A restore in place had been interrupted: it was ${resumed}.`
}

/** Loaded only here: restoring brings much that a plain up does not need. */
async function proveFirst(session: Session, invocation: Invocation): Promise<ProvedOrRenewed | undefined> {
  const { firstProof } = await import('../../operations/first-proof.ts')
  return await firstProof(session.context(invocation))
}
