import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { newestBackup, onThrowawayCopy, type ThrowawayCopy } from '../../operations/throwaway-copy.ts'
import { textOption } from '../option.ts'
import { openSession } from '../session.ts'
import { showRehearsal } from '../views/rehearsal.ts'
import type { Action, ActionContext } from './action.ts'
import { who } from './change.ts'
import { shown } from './findings.ts'
import { dryRun, rehearse, type Migration, type UpOptions } from './library.ts'
import { ownedDatabase } from './owner-connection.ts'

/** Runs what is pending on a throwaway restore of the newest backup; the database itself is only asked what is pending. */
export const rehearseAction: Action = {
  name: 'rehearse',
  words: [],
  async run(context) {
    const { invocation, policy, to } = context
    const { output, options, globals } = invocation
    const migrations = context.migrations()
    const session = await openSession(globals, { savedSpec: true })
    const { database, owner } = ownedDatabase(session.spec, textOption(options, 'database'))
    const run = { ...policy, ...(to !== undefined && { to }), who: who() }
    const isDry = options['dryRun'] === true
    // refuses what `up` would refuse before anything is restored
    const script = await scriptOf(context, migrations, run, isDry)
    if (isDry) {
      const { backup } = await newestBackup(session.context(invocation))
      output.line(
        script === '' ? 'nothing to rehearse' : `${script ?? ''}-- on a copy of backup ${backup.id}`,
      )
      return { ok: true, document: { database, dryRun: true, script, backup: backup.id } }
    }
    if (script === '') {
      output.line(`nothing to rehearse: "${database}" is up to date`)
      return { ok: true, document: { database, copy: null, rehearsed: [], failure: [] } }
    }
    const document = await onThrowawayCopy(session.context(invocation), [owner], async (copy) => {
      const client = await connectCopy(copy, database, owner)
      try {
        const { migrations: rehearsed, failure } = await rehearse(client, migrations, {
          ...run,
          onEvent: (event) => {
            if (event.kind === 'running') output.progress(`running ${event.versions.join(', ')} on the copy`)
          },
        })
        const { backup, timeline, lsn, time, isNewest } = copy
        return {
          database,
          copy: { backup, timeline, lsn, time, isNewest },
          rehearsed: rehearsed.map((each) => ({ ...each, locks: each.locks ?? null })),
          failure: failure.map(shown),
        }
      } finally {
        await client.end()
      }
    })
    // only now: what a Ctrl-C ended on the copy is no failure of a migration
    showRehearsal(document, output)
    return { ok: document.failure.length === 0, document }
  },
}

/** What `up` would run on the database; undefined when it does not answer and need not. */
async function scriptOf(
  { connect }: ActionContext,
  migrations: readonly Migration[],
  options: UpOptions,
  isNeeded: boolean,
): Promise<string | undefined> {
  try {
    await using owned = await connect()
    return await dryRun(owned.client, migrations, options)
  } catch (error) {
    const isDown =
      error instanceof DiagnosticError &&
      error.diagnostics.every(({ code }) => code === 'NOT_UP' || code === 'LEADER_MISSING')
    if (isDown && !isNeeded) return undefined
    throw error
  }
}

/** Throws DiagnosticError DATABASE_UNKNOWN. */
async function connectCopy({ server, backup }: ThrowawayCopy, database: string, owner: string) {
  try {
    return await server.connect(database, owner)
  } catch (error) {
    throw new DiagnosticError(
      diagnose('DATABASE_UNKNOWN', {
        detail: `the copy of backup ${backup} does not let "${owner}" into "${database}": ${error instanceof Error ? error.message : String(error)}`,
        mend: mend.run('pgherd', 'backup'),
      }),
      { cause: error },
    )
  }
}
