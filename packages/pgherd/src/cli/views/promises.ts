import type { VerifiedPromise } from '../../operations/verify/verify.ts'
import type { Output } from '../output.ts'
import { mendLine } from './diagnostic.ts'
import { printable } from './printable.ts'
import { hanging } from './wrap.ts'

/** One promise with what was measured; shown as soon as it is known. */
export function showPromise({ ok, promise, rows, measured, mend }: VerifiedPromise, output: Output): void {
  const { paint, width } = output
  output.line(
    hanging(
      `${ok ? paint.green('✓') : paint.red('✗')} `,
      `${promise} ${paint.dim(`[${rows.join(' ')}]`)}`,
      width,
    ),
  )
  const text = printable(measured)
  output.line(hanging('  ', ok ? paint.dim(text) : text, width))
  if (mend) output.line(mendLine(mend, paint, width))
}

/** How many of them hold. */
export function showVerdict(results: readonly VerifiedPromise[], output: Output): void {
  const failed = results.filter(({ ok }) => !ok).length
  const { paint } = output
  output.line()
  output.line(
    failed === 0
      ? paint.green(`All ${results.length} promises of this spec hold, measured.`)
      : paint.red(`${failed} of ${results.length} promises ${failed === 1 ? 'does' : 'do'} not hold.`),
  )
}
