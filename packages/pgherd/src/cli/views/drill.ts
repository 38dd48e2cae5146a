import type { Attempt } from '../../drill-schedule/attempt.ts'
import type { DrillResult } from '../../operations/drill/drill-result.ts'
import type { Output } from '../output.ts'
import { drillPicture } from './drill-picture.ts'
import { printable } from './printable.ts'
import { secondsText } from './quantities.ts'
import { table } from './table.ts'
import { timeText } from './times.ts'
import { hanging } from './wrap.ts'

/** What is about to happen, before anybody is asked. */
export function showDrillIntent(
  name: string,
  { does, risk, expects }: { readonly does: string; readonly risk: string; readonly expects: string },
  output: Output,
): void {
  const { paint, width } = output
  output.line(paint.bold(`Drill ${name}`))
  output.line(hanging('  does     ', does, width))
  output.line(hanging('  risk     ', risk, width))
  output.line(hanging('  expects  ', expects, width))
}

/** The picture of the run, the figures beside their objectives, and the verdict. */
export function showDrill(result: DrillResult, output: Output): void {
  const { paint, width } = output
  output.line()
  output.line(drillPicture(result, width))
  output.line()
  const { objectives } = result
  const seconds = (value: number | null) => (value === null ? 'never' : secondsText(value))
  output.line(
    table(
      [
        figure(
          'longest time without a write',
          seconds(result.writeGapSeconds),
          `objective ${secondsText(objectives.writeGapSeconds)}, worst case ${secondsText(result.bound.writeGapSeconds)}: ${result.bound.basis}`,
        ),
        figure(
          'longest time without a read',
          seconds(result.readGapSeconds),
          `objective ${secondsText(objectives.readGapSeconds)}`,
        ),
        figure(
          'acknowledged writes lost',
          `${result.lostAcknowledgedWrites} of ${result.acknowledgedWrites}`,
          `objective ${objectives.lostAcknowledgedWrites}`,
        ),
        figure('moments with two primaries', String(result.duplicatePrimaries), 'never more than 0'),
        figure('errors seen by clients', String(result.clientErrors), errorsText(result)),
        figure(
          'full redundancy after the fault',
          seconds(result.fullRedundancySeconds),
          `objective ${secondsText(objectives.fullRedundancySeconds)}`,
        ),
      ],
      '  ',
      width,
    ),
  )
  for (const { name, ok, detail } of result.checks)
    output.line(
      hanging(`  ${ok ? paint.green('✓') : paint.red('✗')} `, `${name}: ${printable(detail)}`, width),
    )
  output.line()
  output.line(
    result.objectivesMet
      ? paint.green(`${result.drill}: every objective is met.`)
      : paint.red(`${result.drill}: objectives are MISSED.`),
  )
  output.line(paint.dim(`Ledger: ${result.ledger}`))
}

function figure(what: string, value: string, beside: string): string[] {
  return [what, value.padStart(8), beside]
}

function errorsText({ errors }: DrillResult): string {
  return Object.entries(errors)
    .map(([code, count]) => `${code}: ${count}`)
    .join(', ')
}

/** Every drill with what it does, how it went last and when it is due by schedule. */
export function showDrillList(
  list: readonly {
    readonly name: string
    readonly does: string
    readonly last: DrillResult | null
    readonly next: string | null
  }[],
  output: Output,
): void {
  const { paint, width } = output
  const rows = list.map(({ name, does, last, next }) => [
    name,
    last ? verdictOf(last) : paint.dim('never ran'),
    `${does}${next === null ? '' : `; next ${timeText(next)}`}`,
  ])
  output.line(table(rows, '  ', width))
}

/** The runs so far, newest last, and the times at which a scheduled one did not run. */
export function showDrillRuns(
  runs: readonly DrillResult[],
  scheduled: readonly Attempt[],
  output: Output,
): void {
  if (runs.length === 0) output.line('No drill ever ran. Begin with: pgherd drill switchover')
  const ran = runs.map((each) => [
    each.startedAt,
    each.drill,
    each.objectivesMet ? 'met' : 'MISSED',
    [
      `write gap ${secondsText(each.writeGapSeconds)}`,
      `lost ${each.lostAcknowledgedWrites} of ${each.acknowledgedWrites}`,
      ...(scheduled.some(({ result }) => result === each.id) ? ['by schedule'] : []),
    ].join(', '),
  ])
  const not = scheduled
    .filter(({ outcome }) => outcome !== 'ran')
    .map(({ startedAt, dueAt, drill, outcome, reason }) => [
      startedAt ?? dueAt,
      drill,
      outcome,
      printable(reason ?? ''),
    ])
  const rows = [...ran, ...not].toSorted(([a = ''], [b = '']) => Date.parse(a) - Date.parse(b))
  const shown = rows.map(([at = '', ...rest]) => [timeText(at), ...rest])
  if (rows.length > 0) output.line(table(shown, '  ', output.width))
}

function verdictOf({ startedAt, objectivesMet, writeGapSeconds }: DrillResult): string {
  return `${startedAt.slice(0, 10)} ${objectivesMet ? 'met' : 'MISSED'} ${secondsText(writeGapSeconds)}`
}
