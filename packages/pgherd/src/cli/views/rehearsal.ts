import type { Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Output } from '../output.ts'
import { printable } from './printable.ts'
import { bytesText } from './quantities.ts'
import { hanging } from './wrap.ts'

/** A rehearsal as `--json` prints it. */
export interface ShownRehearsal {
  readonly database: string
  readonly copy: {
    readonly backup: string
    readonly timeline: number
    readonly lsn: string
    readonly time: string | null
    readonly isNewest: boolean
  }
  readonly rehearsed: readonly {
    readonly version: string
    readonly name: string
    readonly durationMs: number
    readonly locks:
      readonly { readonly relation: string; readonly strongest: string; readonly keepsOut: string }[] | null
    readonly rewrites: readonly { readonly relation: string; readonly kind: string; readonly bytes: number }[]
    readonly walBytes: number
  }[]
  readonly failure: readonly Diagnostic[]
}

/** What each migration did to the copy, and why it stopped there when it did. */
export function showRehearsal({ database, copy, rehearsed, failure }: ShownRehearsal, output: Output): void {
  const { paint, width } = output
  for (const { version, name, durationMs, locks, rewrites, walBytes } of rehearsed) {
    const figures = `${durationMs.toFixed(0)} ms, ${bytesText(walBytes)} of WAL`
    output.line(`${paint.green('✓')} ${version} ${printable(name)} ${paint.dim(figures)}`)
    for (const { relation, strongest, keepsOut } of locks ?? [])
      output.line(hanging('    ', lockText(relation, strongest, keepsOut, paint), width))
    if (locks === null) output.line(paint.dim('    locks are not seen outside a transaction'))
    for (const { relation, kind, bytes } of rewrites)
      output.line(paint.yellow(`    writes ${kind} ${printable(relation)} anew (${bytesText(bytes)})`))
  }
  output.findings(failure)
  const count = `${rehearsed.length} migration${rehearsed.length === 1 ? '' : 's'}`
  const verdict =
    failure.length === 0
      ? paint.green(`${count} rehearsed, none failed`)
      : paint.red(`${count} rehearsed, then one failed`)
  const age = copy.isNewest
    ? ''
    : `; it lacks what was not archived yet${copy.time === null ? '' : `, its newest commit is of ${copy.time}`}`
  output.line(
    hanging(
      '',
      `${verdict}, on a copy made from backup ${copy.backup}${age}. "${printable(database)}" itself is as it was.`,
      width,
    ),
  )
}

function lockText(relation: string, strongest: string, keepsOut: string, paint: Output['paint']): string {
  const text = `locks ${printable(relation)}: ${strongest}, ${keepsOut} ${keepsOut === 'nobody' ? 'waits' : 'wait'}`
  return keepsOut === 'nobody' ? paint.dim(text) : text
}
