import type { ProofStatus, StatusDocument } from '../../agent/status-document.ts'
import type { Output } from '../output.ts'
import { showCluster } from './cluster-status.ts'
import { drillRows } from './drill-status.ts'
import { printable } from './printable.ts'
import { bytesText, secondsText, shareText } from './quantities.ts'
import { table } from './table.ts'
import { timeAndAge, timeText } from './times.ts'

/** One screen: is it up, is it safe, can I get my data back, what should I do. */
export function showStatus(status: StatusDocument, output: Output, now: Date = new Date()): void {
  const { paint, width } = output
  output.line(
    `${status.healthy ? paint.green('●') : paint.red('●')} ${paint.bold(status.name)} is ${status.healthy ? paint.green('healthy') : paint.red('not healthy')}`,
  )
  output.line()
  const members = status.members.map(({ name, role, state, version, flavour, timeline, lagBytes }) => [
    name,
    role,
    state === 'up' ? paint.green(state) : paint.red(state),
    [
      `PostgreSQL ${version} ${paint.dim(flavour)}`,
      ...(timeline === null ? [] : [`timeline ${timeline}`]),
      ...(lagBytes ? [`${bytesText(lagBytes)} behind`] : []),
    ].join(', '),
  ])
  if (status.cluster) showCluster(status.members, status.cluster, output)
  else output.line(table(members, '  ', width))
  output.line()
  output.line(table(safety(status, output, now), '  ', width))
  if (status.findings.length > 0) {
    output.line()
    output.findings(status.findings)
  }
}

function safety(status: StatusDocument, output: Output, now: Date): string[][] {
  const { proof, backups, certificates, drills } = status
  const { paint } = output
  const { archive, windowFrom, windowTo, newest } = backups
  return [
    ['proof', proof ? proofText(proof, paint, now) : paint.yellow('no backup was ever proven: pgherd prove')],
    [
      'restorable',
      windowFrom && windowTo
        ? `to any time from ${timeText(windowFrom)} to ${timeText(windowTo)}`
        : paint.yellow('nothing yet'),
    ],
    ['backups', `${backups.count}${newest ? `, the newest ${timeAndAge(newest, now)}` : ''}`],
    [
      'archive',
      `${archive.state === 'streaming' ? paint.green(archive.state) : paint.yellow(archive.state)}${paint.dim(lagOf(archive))}`,
    ],
    ...drillRows(drills, output, now),
    ...certificates.map(({ name, notAfter }) => [
      'certificate',
      `${printable(name)} until ${timeAndAge(notAfter, now)}`,
    ]),
  ]
}

function proofText(proof: ProofStatus, paint: Output['paint'], now: Date): string {
  const { verdict, provenAt, rtoSeconds, rpoSeconds, comparedShare: share } = proof
  const backup = paint.dim(`backup ${proof.backup}`)
  if (verdict === 'failed') return `${paint.red('FAILED')} ${timeAndAge(provenAt, now)}, ${backup}`
  const word =
    verdict === 'proven'
      ? paint.green('proven')
      : paint.yellow(
          `restorable; ${share === null ? 'contents not compared' : 'not everything could be checked'},`,
        )
  const compared = share !== null && share < 1 ? [`${shareText(share)} compared`] : []
  const measured = [`RTO ${figure(rtoSeconds)}`, `RPO ${figure(rpoSeconds)}`, ...compared, backup]
  return `${word} ${timeAndAge(provenAt, now)}, ${measured.join(', ')}`
}

function lagOf({ lagBytes, lagSeconds }: StatusDocument['backups']['archive']): string {
  if (lagBytes === null && lagSeconds === null) return ''
  if (!lagBytes && !lagSeconds) return ', nothing is behind'
  const parts = [
    ...(lagBytes === null ? [] : [bytesText(lagBytes)]),
    ...(lagSeconds === null ? [] : [secondsText(lagSeconds)]),
  ]
  return `, ${parts.join(', ')} behind`
}

function figure(seconds: number | null): string {
  return seconds === null ? 'not measured' : secondsText(seconds)
}
