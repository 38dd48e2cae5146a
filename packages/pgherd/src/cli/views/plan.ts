import type { Plan, Step } from '../../plan/plan.ts'
import type { Setting } from '../../tuning/setting.ts'
import type { Output } from '../output.ts'
import { mendText } from './diagnostic.ts'
import { placeOf, planLines, type PlanLine } from './plan-lines.ts'
import { printable } from './printable.ts'
import { table } from './table.ts'
import { hanging } from './wrap.ts'

const marks: Record<Step['cause'], string> = { create: '+', change: '~', drift: '!', repair: '*' }

/** Whose plan it is. */
interface Subject {
  readonly spec: { readonly name: string }
  readonly state: string
}

/** The plan for people: each change with what users notice and why, grouped by where it happens. `--json` has every step. */
export function showPlan(plan: Plan, output: Output, { spec, state }: Subject): void {
  const { paint } = output
  if (plan.steps.length === 0) {
    output.line(
      paint.green(
        plan.partial ? 'Nothing to do that can be seen.' : 'Nothing to do: everything is as declared.',
      ),
    )
  } else {
    output.line(`Plan for ${paint.bold(spec.name)} ${paint.dim(`in ${placeOf(state)}`)}`)
    for (const { heading, lines } of planLines(plan.steps, state)) {
      if (heading !== undefined) output.line(`  ${paint.bold(printable(heading))}`)
      for (const line of lines) showLine(line, heading === undefined ? '  ' : '    ', output)
    }
    output.line()
    const count = plan.steps.length === 1 ? '1 step' : `${plan.steps.length} steps`
    output.line(hanging('', `${count} ${legend(plan)}. ${worstImpact(plan)}`, output.width))
  }
  if (plan.partial) output.line(paint.dim('Roles and databases are compared once the server runs.'))
  output.findings(plan.findings)
}

function showLine({ steps, title, because }: PlanLine, indent: string, output: Output): void {
  const { paint, width } = output
  const [step] = steps
  if (!step) return
  const tint = step.impact === 'reload' ? paint.cyan : paint.red
  const impact = step.impact === 'nothing' ? '' : tint(` [${step.impact}]`)
  output.line(hanging(`${indent}${markOf(step, output)} `, `${printable(title)}${impact}`, width))
  const deeper = `${indent}    `
  if (because !== undefined) output.line(hanging(deeper, paint.dim(printable(because)), width))
  if (step.cause !== 'drift') return
  const keep = step.adopt ? `; to keep it, ${mendText(step.adopt)} (pgherd up --adopt does)` : ''
  output.line(hanging(deeper, paint.yellow(printable(`pgherd up takes it back${keep}`)), width))
}

function markOf(step: Step, { paint }: Output): string {
  const tint = { create: paint.green, change: paint.cyan, drift: paint.yellow, repair: paint.magenta }[
    step.cause
  ]
  return tint(marks[step.cause])
}

function legend(plan: Plan): string {
  const words: Record<Step['cause'], string> = {
    create: 'create',
    change: 'change',
    drift: 'revert a change made by hand',
    repair: 'repair',
  }
  const used = new Set(plan.steps.map(({ cause }) => cause))
  return `(${[...used].map((cause) => `${marks[cause]} ${words[cause]}`).join(', ')})`
}

/** What users of the database will notice at most. */
function worstImpact(plan: Plan): string {
  const impacts = new Set(plan.steps.map(({ impact }) => impact))
  if (impacts.has('rebuild')) return 'Users notice: the database is rebuilt.'
  if (impacts.has('switchover')) return 'Users notice: a switchover, connections are moved.'
  if (impacts.has('restart')) return 'Users notice: a restart, open connections are closed.'
  if (impacts.has('reload')) return 'Users notice nothing: the server reloads its configuration.'
  return 'Users notice nothing.'
}

/** Every setting with its reason. */
export function showSettings(settings: readonly Setting[], output: Output): void {
  const { paint, width } = output
  const tint = { tuned: paint.cyan, required: paint.dim, spec: paint.yellow }
  const rows = settings.map(({ name, value, source, reason }) => [
    `${name} = ${paint.bold(printable(value))}`,
    tint[source](source),
    printable(reason),
  ])
  output.line(table(rows, '  ', width))
}
