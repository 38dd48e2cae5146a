/** What a code stands for. */
export interface CodeEntry {
  readonly severity: 'error' | 'warning' | 'info'
  readonly summary: string
}

export type CodeTable = Readonly<Record<string, CodeEntry>>
