import { shortcomings } from '../../backup/proof-summary.ts'
import { agentUrl } from '../../operations/agent-url.ts'
import type { ProvedOrRenewed } from '../../operations/prove-or-renew.ts'
import type { UpResult } from '../../operations/up.ts'
import type { Setting } from '../../tuning/setting.ts'
import { databasesOf } from '../../spec/role-databases.ts'
import { connectionUrl, endpointOf } from '../connection-url.ts'
import type { Output } from '../output.ts'
import type { Session } from '../session.ts'
import { printable } from './printable.ts'
import { verdictLine } from './proof.ts'
import { table } from './table.ts'
import { timeText } from './times.ts'
import { hanging } from './wrap.ts'

/** Settings a newcomer asks about first; `plan --explain` has them all. */
const shownSettings = ['shared_buffers', 'work_mem', 'max_connections', 'max_wal_size', 'io_method']

/** What a user needs after `up`: where to connect, what was decided and why, what is safe, what is next. */
export function showSummary(
  session: Session,
  result: UpResult,
  proved: ProvedOrRenewed | undefined,
  output: Output,
): void {
  const { paint } = output
  const { spec, facts, settings, member } = session
  output.line()
  output.line(
    result.steps.length === 0
      ? paint.green(`${spec.name} is up and as declared: nothing was changed.`)
      : paint.green(
          `${spec.name} is up: PostgreSQL ${facts.postgres.version} on ${session.server.host}:${session.server.port}${membersText(session)}, ${result.steps.length} steps done and checked.`,
        ),
  )
  output.line()
  output.line(paint.bold('Connect'))
  const shorten = (url: string) => url.replace(/&sslrootcert=.*$/, '')
  output.line(
    table(
      [
        ...Object.keys(spec.roles).map((role) => [role, shorten(urlShape(session, role))]),
        ['CA', session.server.ca],
      ],
      '  ',
    ),
  )
  output.line(
    hanging(
      '  ',
      paint.dim('with the password: pgherd url --role <role>; or just: pgherd psql --role <role>'),
      output.width,
    ),
  )
  const agent = agentUrl(spec.agent.listen, member.ports.agent)
  output.line(
    table(
      [
        ['health', `${agent}/health`],
        ['metrics', `${agent}/metrics`],
      ],
      '  ',
    ),
  )
  output.line()
  output.line(paint.bold('Chosen for this machine'))
  output.line(
    table(
      chosen(settings).map(({ name, value, reason }) => [name, paint.bold(value), paint.dim(reason)]),
      '  ',
      output.width,
    ),
  )
  output.line(paint.dim(`  and ${settings.length - chosen(settings).length} more: pgherd plan --explain`))
  output.line()
  output.line(paint.bold('Safe'))
  output.line(`  ${certificateLine(session)}`)
  output.line(hanging('  ', proofLine(proved, paint), output.width))
  output.findings([...session.findings, ...result.findings])
  output.line()
  const next = 'pgherd status · pgherd verify · pgherd bench · pgherd down (the data stays)'
  output.line(hanging(`${paint.bold('Next')}  `, next, output.width))
}

/** A certificate the user brought is installed by the agent when it has been replaced; pgherd's own are renewed. */
function certificateLine(session: Session): string {
  const { certificate } = session.spec.tls
  const end = timeText(session.certificateEnd() ?? 'unknown')
  const what =
    session.spec.topology.members > 1
      ? `certificates of all members valid until ${end}`
      : `certificate valid until ${end}`
  return certificate
    ? `${what}; put the next one in its place before`
    : `${what}, renewed by the agent before`
}

function proofLine(proved: ProvedOrRenewed | undefined, paint: Output['paint']): string {
  if (!proved) return 'backups: pgherd backup --list shows them, and when each was proven'
  const { proof, renewed, notRenewed } = proved
  if (proof.verdict !== 'failed') return verdictLine(proof, paint)
  const failed = paint.red(
    `backup ${proof.backup} FAILED its proof: ${printable(shortcomings(proof).join('; '))}`,
  )
  if (renewed) return `${failed}; a fresh one was taken. ${verdictLine(renewed, paint)}`
  return notRenewed === undefined
    ? failed
    : `${failed}; no fresh one could be taken: ${printable(notRenewed)}`
}

/** ` with 3 members, primary pg1` for a cluster. */
function membersText({ spec }: Session): string {
  return spec.topology.members > 1 ? ` with ${spec.topology.members} members` : ''
}

function chosen(settings: readonly Setting[]): readonly Setting[] {
  return settings.filter(({ name }) => shownSettings.includes(name))
}

/** The URL without its password: the summary may be read over a shoulder or kept in a log. */
function urlShape(session: Session, role: string): string {
  const database = databasesOf(session.spec, role)[0]
  const endpoint = endpointOf(
    session.spec,
    { role, ...(database === undefined ? {} : { database }) },
    session.server,
  )
  return connectionUrl(endpoint, '').replace(':@', '@')
}

/** The same for programs. */
export function summaryDocument(
  session: Session,
  result: UpResult,
  proved: ProvedOrRenewed | undefined,
): object {
  const { spec, member } = session
  return {
    ok: true,
    name: spec.name,
    state: session.state,
    steps: result.steps.map(({ id, member: where, title, because, cause, impact }) => ({
      id,
      member: where,
      title,
      because,
      cause,
      impact,
    })),
    findings: [...session.findings, ...result.findings],
    urls: Object.fromEntries(Object.keys(spec.roles).map((role) => [role, urlShape(session, role)])),
    health: `${agentUrl(spec.agent.listen, member.ports.agent)}/health`,
    certificateNotAfter: session.certificateEnd() ?? null,
    proof: proved ? (proved.renewed ?? proved.proof) : null,
    failedProof: proved?.renewed ? proved.proof : null,
  }
}
