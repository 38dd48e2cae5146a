import { runBatch, type Work } from './run-batch.ts'
import { runCode } from './run-code.ts'
import { runOutside } from './run-outside.ts'
import { stepsOf, type Task } from './steps.ts'

/** Runs tasks in their order; throws at the first that fails, with those before it done. */
export async function runTasks(tasks: readonly Task[], work: Work): Promise<void> {
  for (const step of stepsOf(tasks)) {
    if (step.kind === 'batch') await runBatch(step.tasks, work)
    else if (step.kind === 'code') await runCode(step.task, work)
    else await runOutside(step.task, work)
  }
}
