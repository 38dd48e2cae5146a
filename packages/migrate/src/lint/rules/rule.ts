import type { Node } from 'libpg-query'
import type { MigrateCode } from '../../diagnostic/codes.ts'
import type { Effect } from '../effects/effect.ts'
import type { TableState } from '../facts.ts'

/** An effect together with the table it meets. */
export interface MetEffect extends Effect {
  readonly table: TableState
  /** In ms; undefined when the table's size is not known. */
  readonly estimatedMs: number | undefined
}

/** A statement with all that is known when it will run. */
export interface JudgedStatement {
  readonly node: Node
  readonly text: string
  /** Effects on tables that exist before this run; those on tables it makes itself are left out. */
  readonly effects: readonly MetEffect[]
  /** In ms, as it is when the statement runs; 0 for none. */
  readonly lockTimeoutMs: number
}

/** A script as the rules see it. */
export interface JudgedScript {
  readonly transactional: boolean
  readonly statements: readonly JudgedStatement[]
  /** The server's major version; undefined without a connection. */
  readonly major: number | undefined
  /** Standbys that must replay what is written. */
  readonly replicas: number
}

export interface RuleFinding {
  /** What is wrong here and why it matters. */
  readonly detail: string
  readonly mend: string
  /** Less than the code's severity, when what is known makes it harmless here. */
  readonly severity?: 'info' | 'warning'
}

export type RuleCode = Extract<MigrateCode, `MIG0${string}`>

/** A script that shows a rule; `-- pgherd: no-transaction` on its first line means what it means in a file. */
export interface RuleExamples {
  readonly bad: readonly string[]
  readonly good: readonly string[]
}

/** One rule of the lint. */
export interface Rule {
  readonly code: RuleCode
  /** In a sentence, for documentation. */
  readonly why: string
  /** What it finds in statement `index` of a script. */
  examine(script: JudgedScript, index: number): readonly RuleFinding[]
  readonly examples: RuleExamples
}
