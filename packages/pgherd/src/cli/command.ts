import type { Output } from './output.ts'

/** Options every command has. */
export interface Globals {
  readonly spec: string
  readonly state?: string
  readonly json: boolean
  readonly yes: boolean
}

export interface Invocation {
  readonly globals: Globals
  readonly args: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
  readonly output: Output
  /** Fires at Ctrl-C; work stops at the next point where the state is consistent. */
  readonly signal: AbortSignal
}

export interface CommandOption {
  /** As commander reads it: `--to <target>`. */
  readonly flags: string
  readonly description: string
  readonly default?: string
}

/** A verb of the command line, as data; its work is loaded only when it is called. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** Positional arguments as commander reads them: `[member]`. */
  readonly args?: string
  readonly options: readonly CommandOption[]
  readonly example: string
  readonly danger: 'reads' | 'changes' | 'interrupts' | 'destroys'
  /** `value`: standard output is for another program, so that what goes wrong is said on standard error. */
  readonly prints?: 'value'
  load(): Promise<{ run: Verb }>
}

/** Does the work and gives the exit code (diagnostic/diagnostic.ts exitCodes). */
export type Verb = (invocation: Invocation) => Promise<number>
