/** One migration of a difference. */
export interface DiffStep {
  readonly up: string
  readonly down: string
}

const elsewhere = (what: string) => `-- nothing to ${what} here; the migrations beside this one do it\n`

/**
 * Pairs the texts of both directions so that the ups in order are the way there and the downs from the last to the first the
 * way back. Most differences are one of each; what another statement must find committed (a new value of an enum) is a text
 * of its own.
 */
export function stepsOf(up: readonly string[], down: readonly string[]): readonly DiffStep[] {
  const count = Math.max(up.length, down.length)
  return Array.from({ length: count }, (_, index) => ({
    up: up[index] ?? elsewhere('do'),
    down: down[count - 1 - index] ?? elsewhere('undo'),
  }))
}
