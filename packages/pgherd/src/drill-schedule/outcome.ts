import type { Attempt } from './attempt.ts'

/** How a call of the command line ended. */
export interface CallEnd {
  /** Null when a signal ended it, or when it could not be started. */
  readonly code: number | null
  readonly signal: string | null
  /** Standard output: one JSON document (docs/machine-interfaces.md). */
  readonly stdout: string
}

/** What a drill came to. */
export type Outcome = Pick<Attempt, 'outcome' | 'result' | 'code' | 'reason'>

interface Document {
  readonly id?: unknown
  readonly diagnostics?: readonly { readonly code?: unknown; readonly detail?: unknown }[]
}

/** Reads off how a drill went. Exit codes: 0 done, 1 findings, 2 usage, 3 refused, 4 failed (diagnostic/diagnostic.ts). Pure. */
export function outcomeOf({ code, signal, stdout }: CallEnd): Outcome {
  const document = parsed(stdout)
  if (typeof document.id === 'string' && (code === 0 || code === 1))
    return { outcome: 'ran', result: document.id, code: null, reason: null }
  const [first] = document.diagnostics ?? []
  const found = first && typeof first.code === 'string' ? first.code : null
  const details = (document.diagnostics ?? []).flatMap(({ detail }) =>
    typeof detail === 'string' ? [detail] : [],
  )
  const ended = signal === null ? `it ended with code ${code ?? 'unknown'}` : `it was ended by ${signal}`
  const reason = details.length > 0 ? details.join('; ') : ended
  const outcome =
    signal !== null || found === 'INTERRUPTED'
      ? 'interrupted'
      : code === 2 || code === 3
        ? 'refused'
        : 'failed'
  return { outcome, result: null, code: found, reason }
}

/** What only has to be waited for: somebody else is at work. */
const passing: readonly string[] = ['LOCKED', 'DRILL_DURING_BACKUP', 'DRILL_DURING_PROOF']

/** Whether it is worth trying again in a moment. Pure. */
export function mayPass({ outcome, code }: Pick<Attempt, 'outcome' | 'code'>): boolean {
  return outcome === 'refused' && code !== null && passing.includes(code)
}

function parsed(text: string): Document {
  try {
    const document: unknown = JSON.parse(text)
    return typeof document === 'object' && document !== null ? document : {}
  } catch {
    return {}
  }
}
