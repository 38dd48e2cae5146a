import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import type { SecretReference } from '../../spec/schema.ts'
import type { Decision, OperationPlan, OperationStep } from '../operation-plan.ts'
import { restartOrder } from '../restart-order.ts'
import { conditionOf, follows } from '../standby-fitness.ts'

export interface CertificatePlan extends OperationPlan {
  readonly operation: 'rotate'
  /** One after the other, in this order. */
  readonly members: readonly string[]
}

export interface CertificateRequest {
  /** One member alone; left out: all. */
  readonly member?: string
  /** Members by name: the servers, and the gateway where clients connect. */
  readonly known: readonly string[]
  readonly gateway: string
  /** The user brought the certificate, so pgherd cannot issue another. */
  readonly own: boolean
}

/** Whose certificates are issued anew: standbys, then the primary, then the gateway. Pure. */
export function decideCertificates(
  view: ClusterView,
  request: CertificateRequest,
): Decision<CertificatePlan> {
  const { member, known, gateway, own } = request
  const refused: Diagnostic[] = []
  if (own)
    refused.push(
      diagnose('ROTATION_REFUSED', {
        detail: 'the certificate is your own (tls.certificate), so pgherd cannot issue another',
        mend: mend.advice('put the new files in their place, then run: pgherd up'),
        at: { path: 'tls.certificate' },
      }),
    )
  if (member !== undefined && !known.includes(member)) {
    refused.push(
      diagnose('MEMBER_UNKNOWN', {
        detail: `there is no member "${member}"; the members are ${known.join(', ')}`,
        mend: mend.run('pgherd', 'status'),
      }),
    )
  }
  const leader = view.members.find(({ name }) => name === view.leader)
  for (const each of view.members)
    if (each !== leader && !follows(each, leader) && (member === undefined || member === each.name))
      refused.push(
        diagnose('MEMBER_UNREACHABLE', {
          detail: `${each.name} is ${conditionOf(each, leader)}; whether it takes its new certificate could not be seen`,
          mend: mend.run('pgherd', 'up'),
          at: { member: each.name },
        }),
      )
  if (refused.length > 0) return { refused }
  const servers = restartOrder(
    known.filter((name) => name !== gateway),
    view.leader,
  )
  const members = [...servers, gateway].filter((name) => member === undefined || name === member)
  return {
    plan: {
      operation: 'rotate',
      members,
      steps: members.flatMap((name): readonly OperationStep[] => [
        {
          title: `issue a new certificate for ${name}`,
          because: 'asked for',
          impact: 'nothing',
          member: name,
        },
        {
          title: `have the programs of ${name} read it, and look that each serves it`,
          because: 'sessions that are open stay open',
          impact: 'reload',
          member: name,
        },
      ]),
      findings: [],
    },
  }
}

export interface PasswordPlan extends OperationPlan {
  readonly operation: 'rotate'
  readonly role: string
  readonly secret: string
  /** Programs of ours that log in with it. */
  readonly internal: boolean
}

export interface PasswordRequest {
  readonly role: string
  /** Roles pgherd itself logs in with. */
  readonly internal: readonly string[]
  /** Declared roles, and where their passwords come from. */
  readonly declared: Readonly<Record<string, { readonly password: SecretReference }>>
  /** Whether a file of a member holds it: PgBouncer's for a role whose sessions it limits. */
  readonly inFiles: boolean
}

/** Whether the password of a role can be made anew. Pure. */
export function decidePassword(view: ClusterView, request: PasswordRequest): Decision<PasswordPlan> {
  const { role, internal, declared, inFiles } = request
  const own = internal.includes(role)
  const reference = declared[role]?.password
  const refused: Diagnostic[] = []
  if (!own && !reference)
    refused.push(
      diagnose('ROLE_UNKNOWN', {
        detail: `there is no role "${role}" with a password; there are ${[...Object.keys(declared), ...internal].join(', ')}`,
        mend: mend.advice('name one of these'),
      }),
    )
  if (reference && !('generated' in reference))
    refused.push(
      diagnose('ROTATION_REFUSED', {
        detail: `the password of "${role}" is not pgherd's: it comes from ${'env' in reference ? `the environment variable ${reference.env}` : reference.file}`,
        mend: mend.advice('change it there, then run: pgherd up'),
        at: { path: `roles.${role}.password` },
      }),
    )
  if (view.leader === undefined)
    refused.push(
      diagnose('LEADER_MISSING', {
        detail: 'no member is primary at this moment, so no password can be changed',
        mend: mend.run('pgherd', 'status'),
      }),
    )
  for (const { name, role: is } of own ? view.members : [])
    if (is === 'unreachable')
      refused.push(
        diagnose('MEMBER_UNREACHABLE', {
          detail: `${name} does not answer, so it could not be told the new password of "${role}" and could not log in any more`,
          mend: mend.run('pgherd', 'up'),
          at: { member: name },
        }),
      )
  if (refused.length > 0) return { refused }
  return {
    plan: {
      operation: 'rotate',
      role,
      secret: roleSecretId(role),
      internal: own,
      steps: [
        {
          title: `set a new password for role "${role}"`,
          because: 'asked for; sessions that are open stay open',
          impact: 'nothing',
        },
        ...(own
          ? [
              {
                title: 'write it into the files of every member and have them read',
                because: 'their programs log in with it',
                impact: 'reload' as const,
              },
            ]
          : inFiles
            ? [
                {
                  title: 'write it into the file of PgBouncer and have it read',
                  because:
                    'it keeps the connectionLimit of the role, and knows the password of whom it limits',
                  impact: 'reload' as const,
                },
              ]
            : []),
      ],
      findings: [],
    },
  }
}
