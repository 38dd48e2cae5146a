import { DiagnosticError, diagnose, exitCodes, mend } from '../../diagnostic/diagnostic.ts'
import { readAttempts, readResults } from '../../operations/drill/drill-history.ts'
import { drillWorld } from '../../operations/drill/drill-world.ts'
import { inWindow } from '../../operations/drill/drill-window.ts'
import { failoverBoundsOf } from '../../operations/drill/failover-bounds.ts'
import { healLeftover } from '../../operations/drill/heal-leftover.ts'
import { drillNamed, drills } from '../../operations/drill/registry.ts'
import { prepareDrill } from '../../operations/drill/prepare-drill.ts'
import { runDrill } from '../../operations/drill/run-drill.ts'
import type { Spec } from '../../spec/schema.ts'
import type { DrillName } from '../../spec/sections/drills.ts'
import { drillSwitchover } from '../drill-switchover.ts'
import type { Invocation, Verb } from '../command.ts'
import { nextDrills } from '../next-drills.ts'
import { textOption } from '../option.ts'
import { openSession, type Session } from '../session.ts'
import { confirm } from '../views/confirm.ts'
import { showDrill, showDrillIntent, showDrillList, showDrillRuns } from '../views/drill.ts'

export const run: Verb = async (invocation) => {
  const { globals, args, options, output } = invocation
  const session = await openSession(globals, { savedSpec: true })
  if (options['history'] === true) {
    const runs = readResults(session.topology)
    const scheduled = readAttempts(session.topology)
    output.document({ runs, scheduled })
    showDrillRuns(runs, scheduled, output)
    return exitCodes.done
  }
  if (options['heal'] === true) return await heal(session, invocation)
  const [name] = args
  if (name === undefined) {
    const runs = readResults(session.topology)
    const due = nextDrills(session.spec, new Date())
    const list = drills.map((each) => ({
      name: each.name,
      does: each.says({ member: 'the primary', details: {} }).does,
      last: runs.findLast(({ drill }) => drill === each.name) ?? null,
      next: due.find(({ drill }) => drill === each.name)?.next ?? null,
    }))
    output.document({ drills: list })
    showDrillList(list, output)
    return exitCodes.done
  }
  const drill = drillNamed(name)
  const scheduled = invocation.options['scheduled'] === true
  if (scheduled) requireScheduled(drill.name, session.spec)
  const context = session.context(invocation)
  using _lock = session.lock(`pgherd drill ${drill.name}`)
  const world = drillWorld(context, { switchover: drillSwitchover(context) })
  using prepared = await prepareDrill(drill, world, context)
  showDrillIntent(drill.name, drill.says(prepared.aim), output)
  if (!scheduled) await allow(session, invocation)
  const result = await runDrill(drill, world, prepared.aim, failoverBoundsOf(context))
  output.document(result)
  showDrill(result, output)
  output.findings(result.findings)
  return result.findings.length > 0 ? exitCodes.findings : exitCodes.done
}

/** The spec as it is now decides, not as it was when the schedule began to wait. */
function requireScheduled(name: DrillName, { drills: { schedule } }: Spec): void {
  if (schedule[name] !== undefined) return
  throw new DiagnosticError(
    diagnose('DRILL_NOT_SCHEDULED', {
      detail: `drills.schedule does not name ${name}, so nobody has allowed it to interrupt users without being asked`,
      mend: mend.run('pgherd', 'drill', name),
      at: { path: 'drills.schedule' },
    }),
  )
}

/** In the window of the spec nobody is asked; elsewhere the name of the database is. */
async function allow({ spec }: Session, invocation: Invocation): Promise<void> {
  const { window } = spec.drills
  if (window !== undefined && inWindow(window, new Date())) return
  if (textOption(invocation.options, 'name') === spec.name) return
  await confirm(`This interrupts the clients of "${spec.name}".`, invocation, spec.name)
}

async function heal(session: Session, invocation: Invocation): Promise<number> {
  using _lock = session.lock('pgherd drill --heal')
  const healed = await healLeftover(drillWorld(session.context(invocation), {}))
  invocation.output.document({ ok: true, healed: healed?.drill ?? null })
  invocation.output.line(
    healed
      ? `The fault of ${healed.drill}, made at ${healed.since}, is undone.`
      : 'No drill left a fault behind.',
  )
  return exitCodes.done
}
