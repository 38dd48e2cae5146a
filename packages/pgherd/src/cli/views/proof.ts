import type { ProofRecord } from '../../backup/catalogue.ts'
import { comparedShare, shortcomings } from '../../backup/proof-summary.ts'
import type { ProvedOrRenewed } from '../../operations/prove-or-renew.ts'
import type { Output } from '../output.ts'
import { printable } from './printable.ts'
import { secondsText, shareText } from './quantities.ts'
import { table } from './table.ts'
import { hanging } from './wrap.ts'

/** What was checked on the restored copy, the verdict with the measured recovery, and what was done about a failure. */
export function showProof({ proof, renewed, notRenewed }: ProvedOrRenewed, output: Output): void {
  const { width } = output
  showOne(proof, output)
  if (renewed) {
    output.line('A fresh backup was taken in its place:')
    showOne(renewed, output)
  }
  if (notRenewed !== undefined)
    output.line(hanging('', `No fresh backup could be put in its place: ${printable(notRenewed)}`, width))
  const { verdict } = renewed ?? proof
  if (verdict === 'failed') output.line('Take a fresh one and prove it: pgherd prove')
  if (verdict === 'restorable') output.line('Once what is missing is there: pgherd prove')
}

function showOne(proof: ProofRecord, output: Output): void {
  const { paint, width } = output
  const rows = proof.checks.map(({ name, ok, inconclusive, detail, seconds }) => [
    ok ? paint.green('✓') : inconclusive ? paint.yellow('?') : paint.red('✗'),
    ok ? name : inconclusive ? paint.yellow(name) : paint.red(name),
    secondsText(seconds).padStart(6),
    ok ? paint.dim(printable(detail)) : printable(detail),
  ])
  if (rows.length > 0) output.line(table(rows, '  ', width))
  output.line(hanging('', verdictLine(proof, paint), width))
}

/** The verdict in one line, measured figures included. */
export function verdictLine(proof: ProofRecord, paint: Output['paint']): string {
  if (proof.verdict === 'proven') return paint.green(provenLine(proof))
  if (proof.verdict === 'failed')
    return paint.red(`Backup ${proof.backup} is NOT restorable as it should be.`)
  return paint.yellow(
    `Backup ${proof.backup} restorable in ${figures(proof)}; not proven: ${printable(shortcomings(proof).join('; '))}`,
  )
}

/** How long it took, what was measured, and how much was compared when that was not everything. */
export function provenLine(proof: ProofRecord): string {
  const share = comparedShare(proof) ?? 0
  const compared = share < 1 ? `, ${shareText(share)} of the contents compared` : ''
  return `Backup ${proof.backup} taken and PROVEN restorable in ${figures(proof)}${compared}`
}

function figures({ seconds, rtoSeconds, rpoSeconds }: ProofRecord): string {
  const measured = [
    rtoSeconds === null ? undefined : `RTO ${secondsText(rtoSeconds)}`,
    rpoSeconds === null ? undefined : `RPO ${secondsText(rpoSeconds)}`,
  ].filter((text) => text !== undefined)
  return `${secondsText(seconds)}${measured.length > 0 ? ` (measured ${measured.join(', ')})` : ''}`
}
