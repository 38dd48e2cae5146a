import { confirm } from '../views/confirm.ts'
import type { Action, ActionContext, ActionResult } from './action.ts'
import { baseline, down, dryRun, up, type RunOptions } from './library.ts'

/** Applies what is pending. */
export const upAction: Action = {
  name: 'up',
  words: [],
  async run(context) {
    const { invocation, policy, to } = context
    const { output, options } = invocation
    const migrations = context.migrations()
    await using owned = await context.connect()
    if (options['dryRun'] === true)
      return script(await dryRun(owned.client, migrations, { ...policy, ...target(to) }), context)
    const { applied } = await up(owned.client, migrations, { ...policy, ...target(to), ...reports(context) })
    for (const { version, name, durationMs } of applied)
      output.line(
        `${output.paint.green('✓')} ${version} ${name} ${output.paint.dim(`${durationMs.toFixed(0)} ms`)}`,
      )
    output.line(
      applied.length === 0
        ? `"${owned.database}" is up to date`
        : `${plural(applied.length, 'migration')} applied to "${owned.database}"`,
    )
    return { ok: true, document: { database: owned.database, applied } }
  },
}

/** Undoes the newest, or down to a version; asks first, since what a migration made goes with its data. */
export const downAction: Action = {
  name: 'down',
  words: [],
  async run(context) {
    const { invocation, policy, to } = context
    const { output, options } = invocation
    const migrations = context.migrations()
    await using owned = await context.connect()
    const text = await dryRun(owned.client, migrations, { ...policy, ...target(to), direction: 'down' })
    if (options['dryRun'] === true) return script(text, context)
    if (text !== '') {
      output.line(text)
      await confirm(
        `This runs on "${owned.database}", and the data of what it drops is gone. Go on?`,
        invocation,
      )
    }
    const { undone } = await down(owned.client, migrations, { ...policy, ...target(to), ...reports(context) })
    for (const { version, name } of undone)
      output.line(`${output.paint.green('✓')} ${version} ${name} undone`)
    if (undone.length === 0) output.line(`nothing to undo in "${owned.database}"`)
    return { ok: true, document: { database: owned.database, undone } }
  },
}

/** Begins the history of a database that has its schema already. */
export const baselineAction: Action = {
  name: 'baseline',
  words: ['version'],
  async run(context) {
    const { output } = context.invocation
    const migrations = context.migrations()
    await using owned = await context.connect()
    const { marked } = await baseline(owned.client, migrations, { at: context.words[0] ?? '', who: who() })
    output.line(`${plural(marked.length, 'migration')} counted as applied to "${owned.database}"`)
    return { ok: true, document: { database: owned.database, marked } }
  },
}

function script(text: string, { invocation: { output } }: ActionContext): ActionResult {
  output.line(text === '' ? 'nothing to do' : text)
  return { ok: true, document: { dryRun: true, script: text } }
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`
const target = (to: string | undefined) => (to === undefined ? {} : { to })

/** Who runs this, for the history. */
export function who(): string {
  return `pgherd by ${process.env['SUDO_USER'] ?? process.env['USER'] ?? 'an unknown user'}`
}

function reports({ invocation: { output } }: ActionContext): Pick<RunOptions, 'who' | 'onEvent'> {
  return {
    who: who(),
    onEvent(event) {
      if (event.kind === 'waiting-for-runner') output.progress('waiting for another runner')
      else if (event.kind === 'running')
        output.progress(`running ${plural(event.versions.length, 'migration')}`)
      else
        output.progress(
          `${event.version} did not get its lock; next attempt in ${event.waitMs.toFixed(0)} ms`,
        )
    },
  }
}
