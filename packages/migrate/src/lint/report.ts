import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { EffectWork } from './effects/effect.ts'
import type { LockMode } from './lock-mode.ts'

/** What a statement does to one table in use. */
export interface LintedEffect {
  readonly relation: string
  readonly what: string
  readonly lock: LockMode
  readonly keepsOut: 'nobody' | 'writes' | 'reads and writes'
  readonly work: EffectWork
  /** Whether every row is written anew. */
  readonly rewrites: boolean
  /** From the table's real size; undefined without a connection. An order of magnitude. */
  readonly estimatedMs: number | undefined
  readonly bytes: number | undefined
  readonly rows: number | undefined
  /** Sessions that the statement would wait for now. */
  readonly blockers: readonly {
    readonly pid: number
    readonly label: string
    readonly mode: LockMode
    readonly seconds: number
  }[]
}

export interface LintedStatement {
  readonly version: string
  readonly file: string
  /** In the file, from 1. */
  readonly line: number
  readonly text: string
  readonly effects: readonly LintedEffect[]
}

export interface LintReport {
  /** Statements that touch tables which exist before the run, in order. */
  readonly statements: readonly LintedStatement[]
  /** In order of file and line; what a comment allows is left out. */
  readonly findings: readonly Diagnostic[]
  /** What comments allow, with their reasons. */
  readonly allowed: readonly { readonly finding: Diagnostic; readonly reason: string }[]
}
