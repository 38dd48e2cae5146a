import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseRestoreTo } from '../../backup/restore/target.ts'
import { DiagnosticError, diagnose, exitCodes, mend } from '../../diagnostic/diagnostic.ts'
import { untilArchiverConnected } from '../../operations/archiver-connected.ts'
import type { OperationContext } from '../../operations/context.ts'
import { planRestore, runRestore, type RestoreHooks } from '../../operations/restore.ts'
import type { RestoreRequest } from '../../operations/restore-plan.ts'
import type { Verb } from '../command.ts'
import { numberOption, textOption } from '../option.ts'
import { restoreCluster } from '../restore-cluster.ts'
import { openSession, type Session } from '../session.ts'
import { confirm } from '../views/confirm.ts'
import { showRestorePlan, showRestored } from '../views/restore.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const request = readRequest(options)
  const session = await openSession(globals, { savedSpec: true })
  if (request === 'undo' || (request.mode === 'in-place' && session.cluster)) {
    return await restoreCluster(session, request, invocation)
  }
  const context = session.context(invocation)
  const plan = await planRestore(context, request)
  showRestorePlan(plan, output)
  if (options['dryRun'] === true) {
    output.document({ ok: true, dryRun: true, plan, result: null })
    return exitCodes.done
  }
  using _lock = session.lock('pgherd restore')
  if (request.mode === 'in-place' && textOption(options, 'name') !== session.spec.name) {
    await confirm(`This replaces the data of "${session.spec.name}".`, invocation, session.spec.name)
  }
  const result = await runRestore(context, request, serverOf(session, context))
  showRestored(result, request.mode === 'in-place', output)
  output.document({ ok: true, ...result })
  return exitCodes.done
}

/** Reads the options; throws DiagnosticError USAGE. What a target means is for the operation to judge. */
function readRequest(options: Readonly<Record<string, unknown>>): RestoreRequest | 'undo' {
  const into = textOption(options, 'into')
  const inPlace = options['inPlace'] === true
  if (options['undo'] === true && into === undefined && !inPlace) return 'undo'
  if (options['undo'] === true || (into === undefined) !== inPlace) {
    throw new DiagnosticError(
      diagnose('USAGE', {
        detail:
          inPlace || into !== undefined
            ? '--into, --in-place and --undo exclude each other'
            : 'restore must be told where: --into a new directory, or --in-place',
        mend: mend.run('pgherd', 'restore', '--to', 'latest', '--into', './restored'),
      }),
    )
  }
  return {
    to: parseRestoreTo(textOption(options, 'to') ?? 'latest'),
    mode: into === undefined ? 'in-place' : { into: resolve(into) },
    ...(options['timeline'] === undefined
      ? {}
      : { timeline: numberOption(options, 'timeline', { least: 1, most: 2 ** 31 }) }),
  }
}

const patienceMs = 120_000

/** Stops and starts the server's unit; "started" means that it takes connections. */
function serverOf({ host, wanted }: Session, context: OperationContext): RestoreHooks {
  return {
    beforeNewest: () => untilArchiverConnected(host, host, context),
    stopServer: () => host.stopUnit('postgres'),
    async startServer() {
      const unit = wanted.units.find(({ name }) => name === 'postgres')
      if (unit) await host.startUnit(unit)
      for (const until = performance.now() + patienceMs; ; await sleep(100)) {
        try {
          return await host.probe({
            kind: 'sql',
            database: 'postgres',
            text: 'select 1',
            parse: () => undefined,
          })
        } catch (error) {
          if (performance.now() > until) throw error
        }
      }
    },
  }
}
