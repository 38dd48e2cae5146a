import { exitCodes } from '../../diagnostic/diagnostic.ts'
import type { OperationPlan } from '../../operations/operation-plan.ts'
import type { Output } from '../output.ts'
import { printable } from './printable.ts'
import { hanging } from './wrap.ts'

/** What an operation on the cluster is going to do: each step with what users notice, and why. */
export function showOperationPlan({ operation, steps, findings }: OperationPlan, output: Output): void {
  const { paint, width } = output
  if (steps.length === 0) output.line(paint.green('Nothing to do.'))
  else output.line(`Plan for ${paint.bold(operation)}`)
  for (const { title, because, impact, member } of steps) {
    const tint = impact === 'reload' ? paint.cyan : paint.red
    const noticed = impact === 'nothing' ? '' : tint(` [${impact}]`)
    const where = member === undefined || title.includes(member) ? '' : paint.dim(` on ${member}`)
    output.line(hanging('  ~ ', `${printable(title)}${where}${noticed}`, width))
    output.line(hanging('      ', paint.dim(printable(because)), width))
  }
  output.findings(findings)
}

/** A dry run: the plan and nothing else. */
export function endDryRun(plan: OperationPlan, output: Output): number {
  showOperationPlan(plan, output)
  output.document({ ok: true, dryRun: true, plan, result: null })
  return exitCodes.done
}

/** The document of an operation that was carried out, and what people read. */
export function endOperation(
  plan: OperationPlan | undefined,
  result: object,
  text: string,
  output: Output,
): number {
  output.line(output.paint.green(hanging('', printable(text), output.width)))
  output.document({ ok: true, dryRun: false, plan: plan ?? null, result })
  return exitCodes.done
}
