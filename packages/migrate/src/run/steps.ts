import type { Migration, Script } from '../source/migration.ts'

export type Direction = 'up' | 'down'

/** A migration and the script of it that is to run. */
export interface Task {
  readonly migration: Migration
  readonly script: Script
}

/** What goes to the server together: scripts in transactions of their own in one message, or one that needs its own care. */
export type Step =
  | { readonly kind: 'batch'; readonly tasks: readonly Task[] }
  | { readonly kind: 'outside' | 'code'; readonly task: Task }

/** The server reads a message whole before it runs the first statement of it, so its memory grows with this. */
const batchBytes = 1_000_000

/** Groups tasks into steps without changing their order. Pure. */
export function stepsOf(tasks: readonly Task[]): readonly Step[] {
  const steps: Step[] = []
  let batch: Task[] = []
  let bytes = 0
  const close = () => {
    if (batch.length > 0) steps.push({ kind: 'batch', tasks: batch })
    batch = []
    bytes = 0
  }
  for (const task of tasks) {
    const { kind, transactional, text } = task.script
    const isBatched = kind === 'sql' && transactional
    if (!isBatched || bytes + text.length > batchBytes) close()
    if (!isBatched) steps.push({ kind: kind === 'code' ? 'code' : 'outside', task })
    else {
      batch.push(task)
      bytes += text.length
    }
  }
  close()
  return steps
}
