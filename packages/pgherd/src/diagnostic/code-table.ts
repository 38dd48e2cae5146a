import type { Severity } from './severity.ts'

/** What a code stands for. `outcome` decides the exit code when the finding ends a command. */
export interface CodeEntry {
  readonly severity: Severity
  readonly summary: string
  readonly outcome: 'findings' | 'usage' | 'refused' | 'failed'
}

export type CodeTable = Readonly<Record<string, CodeEntry>>
