import { Listr } from 'listr2'
import type { Plan, Step } from '../../plan/plan.ts'
import type { Output } from '../output.ts'
import { planLines } from './plan-lines.ts'
import { printable } from './printable.ts'

export interface StepProgress {
  onStep(step: Step, phase: 'begin' | 'done'): void
  /** Ends the display: with the error when the run failed. */
  end(error?: unknown): Promise<void>
}

interface Task {
  readonly title: string
  readonly steps: readonly Step[]
}

/**
 * Shows a plan as it is carried out: live on a terminal, a line each in a pipe, nothing with --json. What is
 * inside the server is one line for all roles and one for each database.
 */
export function showSteps(plan: Plan, output: Output, state: string): StepProgress {
  if (output.json) return { onStep: () => undefined, end: () => Promise.resolve() }
  const tasks = tasksOf(plan, state)
  const gates = tasks.map(({ steps }) => ({
    left: new Set(steps.map(({ id }) => id)),
    ...Promise.withResolvers<void>(),
  }))
  const display = new Listr(
    tasks.map(({ title }, index) => ({ title, task: () => gates[index]?.promise })),
    {
      concurrent: false,
      exitOnError: true,
      // Ctrl-C is ours: the display would end the process in the middle of a step
      registerSignalListeners: false,
      fallbackRenderer: 'simple',
      rendererOptions: { collapseErrors: true },
      fallbackRendererCondition: () => process.stdout.isTTY !== true,
    },
  )
  // how the run ends is told by `end`; the display must not add an unhandled rejection of its own
  const shown = display.run().catch(() => undefined)
  return {
    onStep(step, phase) {
      if (phase !== 'done') return
      for (const { left, resolve } of gates) if (left.delete(step.id) && left.size === 0) resolve()
    },
    async end(error) {
      if (error !== undefined) {
        for (const { promise, reject } of gates) {
          promise.catch(() => undefined)
          reject(new Error('not done'))
        }
      }
      await shown
    },
  }
}

function tasksOf({ steps }: Plan, state: string): readonly Task[] {
  return planLines(steps, state).flatMap(({ heading, lines }): readonly Task[] => {
    if (heading === undefined || heading === 'Then')
      return lines.map(({ title, steps: members }) => ({ title: printable(title), steps: members }))
    const members = lines.flatMap((line) => line.steps)
    return [
      {
        title: printable(`${heading}: ${members.length === 1 ? '1 change' : `${members.length} changes`}`),
        steps: members,
      },
    ]
  })
}
