import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { look } from '../../operations/up.ts'
import type { Verb } from '../command.ts'
import { nextDrills } from '../next-drills.ts'
import { textOption } from '../option.ts'
import { savePlan } from '../saved-plan.ts'
import { openSession } from '../session.ts'
import { promisesOf, showPromises } from '../views/cluster-promises.ts'
import { showNextDrills } from '../views/next-drills.ts'
import { showPlan, showSettings } from '../views/plan.ts'

export const run: Verb = async ({ globals, options, output }) => {
  const session = await openSession(globals)
  const { plan } = await look(session.up)
  const promises = promisesOf(session)
  const drills = session.cluster ? nextDrills(session.spec, new Date()) : undefined
  const saved = textOption(options, 'out')
  if (saved !== undefined) savePlan(saved, plan, session)
  output.document({
    steps: plan.steps.map(({ id, member, title, because, cause, impact, adopt }) => ({
      id,
      member,
      title,
      because,
      cause,
      impact,
      ...(adopt ? { adopt } : {}),
    })),
    partial: plan.partial,
    ...(promises ? { promises } : {}),
    ...(drills ? { drills } : {}),
    observed: plan.observed,
    findings: [...session.findings, ...plan.findings],
    ...(options['explain'] === true ? { settings: session.settings } : {}),
  })
  showPlan(plan, output, session)
  showPromises(promises, output)
  showNextDrills(drills ?? [], new Date(), output)
  if (saved !== undefined) output.line(`Saved. To carry out exactly this: pgherd up --plan ${saved}`)
  output.findings(session.findings)
  if (options['explain'] === true) {
    output.line()
    output.line(output.paint.bold('Settings and why'))
    showSettings(session.settings, output)
  }
  return exitCodes.done
}
