import type { Invocation } from '../command.ts'
import { textOption } from '../option.ts'
import { connectAsOwner, type OwnedDatabase } from './owner-connection.ts'
import { readMigrations, type Migration } from './library.ts'

/** What an action of `pgherd migrate` works with; nothing is read or connected before it asks. */
export interface ActionContext {
  readonly invocation: Invocation
  /** Absolute. */
  readonly folder: string
  /** The words behind the action. */
  readonly words: readonly string[]
  readonly policy: { readonly outOfOrder: 'run' | 'refuse'; readonly ahead: 'allow' | 'refuse' }
  readonly to: string | undefined
  readonly migrations: () => readonly Migration[]
  readonly connect: () => Promise<OwnedDatabase>
}

/** What a --json run prints beside `ok` and `action`. */
export interface ActionResult {
  readonly ok: boolean
  readonly document: Readonly<Record<string, unknown>>
}

export interface Action {
  readonly name: string
  /** What the words behind it are, for the message about wrong ones. */
  readonly words: readonly string[]
  /** How many of them may be left out. */
  readonly optional?: number
  run(context: ActionContext): Promise<ActionResult>
}

/** Puts the context of an action together. */
export function contextOf(invocation: Invocation, folder: string, words: readonly string[]): ActionContext {
  const { options } = invocation
  const gaps = options['gaps'] === true ? 'allow' : 'refuse'
  return {
    invocation,
    folder,
    words,
    policy: {
      outOfOrder: options['outOfOrder'] === true ? 'run' : 'refuse',
      ahead: options['ahead'] === true ? 'allow' : 'refuse',
    },
    to: textOption(options, 'to'),
    migrations: () => readMigrations(folder, { gaps }),
    connect: () => connectAsOwner(invocation, textOption(options, 'database')),
  }
}
