import { exitCodes } from '../../diagnostic/diagnostic.ts'
import { bench } from '../../operations/bench/bench.ts'
import type { Verb } from '../command.ts'
import { numberOption } from '../option.ts'
import { openSession } from '../session.ts'
import { table } from '../views/table.ts'

export const run: Verb = async (invocation) => {
  const { globals, options, output } = invocation
  const load = {
    seconds: numberOption(options, 'seconds', { least: 1, most: 3600 }),
    clients: numberOption(options, 'clients', { least: 1, most: 1000 }),
    scale: numberOption(options, 'scale', { least: 1, most: 10_000 }),
  }
  const session = await openSession(globals, { savedSpec: true })
  const { tps, p95, p99 } = session.spec.targets
  const result = await bench(session.context(invocation), load)
  const rows = [
    {
      name: 'transactions per second',
      value: result.tps,
      unit: '',
      target: tps,
      met: result.tps >= tps,
      at: 'at least',
    },
    { name: 'p50 latency', value: result.p50, unit: ' ms', target: undefined, met: true, at: '' },
    {
      name: 'p95 latency',
      value: result.p95,
      unit: ' ms',
      target: p95 * 1000,
      met: result.p95 <= p95 * 1000,
      at: 'at most',
    },
    {
      name: 'p99 latency',
      value: result.p99,
      unit: ' ms',
      target: p99 * 1000,
      met: result.p99 <= p99 * 1000,
      at: 'at most',
    },
  ]
  const { paint } = output
  output.line(
    table(
      rows.map(({ name, value, unit, target, met, at }) => [
        met ? paint.green('✓') : paint.red('✗'),
        name,
        paint.bold(`${value.toFixed(1)}${unit}`),
        target === undefined ? '' : paint.dim(`target: ${at} ${target}${unit}`),
      ]),
    ),
  )
  output.line(
    paint.dim(
      `${result.transactions} transactions by ${result.tool}, ${result.clients} clients, scale ${result.scale}, ${result.failed} failed`,
    ),
  )
  const ok = rows.every(({ met }) => met) && result.failed === 0
  output.document({ ok, result, targets: { tps, p95: p95 * 1000, p99: p99 * 1000 } })
  return ok ? exitCodes.done : exitCodes.findings
}
