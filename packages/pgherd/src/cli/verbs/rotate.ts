import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { clusterOperation } from '../../operations/cluster-operation.ts'
import type { OperationPlan } from '../../operations/operation-plan.ts'
import { planCertificates, rotateCertificates } from '../../operations/rotate/rotate-certificates.ts'
import { internalRoles, planPassword, rotatePassword } from '../../operations/rotate/rotate-password.ts'
import { rotatable } from '../../operations/rotate/decide-secret.ts'
import { planSecret, rotateSecret } from '../../operations/rotate/rotate-secret.ts'
import type { Invocation, Verb } from '../command.ts'
import { textOption } from '../option.ts'
import { openSession, type Session } from '../session.ts'
import { endDryRun, endOperation, showOperationPlan } from '../views/cluster-operation.ts'

export const run: Verb = async (invocation) => {
  const { globals, options } = invocation
  const session = await openSession(globals, { savedSpec: true })
  const role = textOption(options, 'password')
  const named = textOption(options, 'secret')
  const asked = [options['certificates'] === true, role !== undefined, named !== undefined]
  if (asked.filter(Boolean).length !== 1) {
    throw new DiagnosticError(
      diagnose('USAGE', {
        detail:
          'rotate must be told what: --certificates, or --password with a role, or --secret with one of ' +
          rotatable.join(', '),
        mend: mend.run('pgherd', 'rotate', '--certificates'),
      }),
    )
  }
  if (named !== undefined) return await secret(session, invocation, named)
  return role === undefined
    ? await certificates(session, invocation)
    : await password(session, invocation, role)
}

async function certificates(session: Session, invocation: Invocation): Promise<number> {
  const { options, output } = invocation
  const member = textOption(options, 'member')
  const operation = {
    ...clusterOperation(session.context(invocation), 'the rotation of certificates'),
    sites: session.sites,
    ...(member === undefined ? {} : { member }),
  }
  if (options['dryRun'] === true) return endDryRun(await planCertificates(operation), output)
  using _lock = session.lock('pgherd rotate')
  const shown = show(invocation)
  const result = await rotateCertificates({ ...operation, approve: shown.approve })
  const names = result.rotated.map((each) => each.member).join(', ')
  return endOperation(shown.plan, result, `New certificates for ${names}, each seen to be served.`, output)
}

async function password(session: Session, invocation: Invocation, role: string): Promise<number> {
  const { options, output } = invocation
  const operation = {
    ...clusterOperation(session.context(invocation), 'the rotation of passwords'),
    sites: session.sites,
    spec: session.spec,
    role,
  }
  if (options['dryRun'] === true) return endDryRun(await planPassword(operation), output)
  using _lock = session.lock('pgherd rotate')
  const shown = show(invocation)
  const result = await rotatePassword({ ...operation, approve: shown.approve })
  const next = isInternal(role) ? '' : ` Applications need it now: pgherd url --role ${role}`
  return endOperation(shown.plan, result, `Role "${role}" has a new password.${next}`, output)
}

async function secret(session: Session, invocation: Invocation, name: string): Promise<number> {
  const { options, output } = invocation
  const operation = {
    ...session.context(invocation),
    sites: session.sites,
    home: session.member,
    cluster: session.cluster,
    secrets: session.wanted.secrets,
    secret: name,
  }
  if (options['dryRun'] === true) return endDryRun(await planSecret(operation), output)
  using _lock = session.lock('pgherd rotate')
  const shown = show(invocation)
  const result = await rotateSecret({ ...operation, approve: shown.approve })
  return endOperation(
    shown.plan,
    result,
    `The secret ${name} is a new one${session.cluster ? ', and was seen to be taken' : ''}.`,
    output,
  )
}

function isInternal(role: string): boolean {
  return (internalRoles as readonly string[]).includes(role)
}

/** Shows a plan as it is made and keeps it for the document. */
function show({ output }: Invocation) {
  const shown: { plan?: OperationPlan; approve: (plan: OperationPlan) => Promise<void> } = {
    approve(plan) {
      shown.plan = plan
      showOperationPlan(plan, output)
      return Promise.resolve()
    },
  }
  return shown
}
