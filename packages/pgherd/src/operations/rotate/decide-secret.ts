import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ClusterView } from '../../plan/cluster-view.ts'
import type { SecretReference } from '../../spec/schema.ts'
import type { Decision, OperationPlan, OperationStep } from '../operation-plan.ts'

/** Secrets that are no password of a role, and can be made anew. */
export const rotatable = ['patroni-api', 'haproxy-statistics', 'redis', 'agent-token'] as const
export type RotatableSecret = (typeof rotatable)[number]

export interface SecretPlan extends OperationPlan {
  readonly operation: 'rotate'
  readonly secret: RotatableSecret
}

export interface SecretRequest {
  readonly secret: string
  /** Where the secrets that this database has come from, by id. */
  readonly known: Readonly<Record<string, SecretReference>>
  /** Why Redis does not answer; undefined when it does, or is not concerned. */
  readonly redisSilent?: string
}

/** Who takes the new value, and what that means to others. */
const taking: Readonly<Record<RotatableSecret, OperationStep>> = {
  'patroni-api': {
    title: 'write it into patroni.yml of every member, have Patroni read it, and look that each takes it',
    because:
      'pgherd and the agent change things in the cluster with it; PostgreSQL and its sessions are not touched',
    impact: 'reload',
  },
  'haproxy-statistics': {
    title: 'write it into haproxy.cfg, have HAProxy read it, and look that it takes it',
    because:
      'whoever reads the statistics or metrics of HAProxy needs the new one; sessions of clients stay open',
    impact: 'reload',
  },
  redis: {
    title: 'have Redis take it without a restart, write it into redis.conf, and look that it lets us in',
    because:
      'sessions that are open stay open; a client that connects anew is refused until it has the new one (pgherd url --component redis)',
    impact: 'reload',
  },
  'agent-token': {
    title: 'write it where the agent reads it for every request',
    because: 'programs that write to the agent are refused until they have the new one; reading needs none',
    impact: 'nothing',
  },
}

/** Whether a secret can be made anew. Pure. @param view undefined for a single server */
export function decideSecret(view: ClusterView | undefined, request: SecretRequest): Decision<SecretPlan> {
  const { secret, known, redisSilent } = request
  const reference = known[secret]
  const refused: Diagnostic[] = []
  if (!isRotatable(secret) || !reference) return { refused: [unknown(secret, known)] }
  if (!('generated' in reference))
    refused.push(
      diagnose('ROTATION_REFUSED', {
        detail: `the secret ${secret} is not pgherd's: it comes from ${'env' in reference ? `the environment variable ${reference.env}` : reference.file}`,
        mend: mend.advice('change it there, then run: pgherd up'),
      }),
    )
  for (const { name, role } of secret === 'patroni-api' ? (view?.members ?? []) : [])
    if (role === 'unreachable')
      refused.push(
        diagnose('MEMBER_UNREACHABLE', {
          detail: `${name} does not answer, so it could not be told the new secret`,
          mend: mend.run('pgherd', 'up'),
          at: { member: name },
        }),
      )
  if (secret === 'redis' && redisSilent !== undefined)
    refused.push(
      diagnose('ROTATION_REFUSED', {
        detail: `Redis could not be told the new secret: ${redisSilent}`,
        mend: mend.run('pgherd', 'up'),
      }),
    )
  if (refused.length > 0) return { refused }
  return {
    plan: {
      operation: 'rotate',
      secret,
      steps: [
        { title: `make a new secret ${secret}`, because: 'asked for', impact: 'nothing' },
        taking[secret],
      ],
      findings: [],
    },
  }
}

function isRotatable(secret: string): secret is RotatableSecret {
  return (rotatable as readonly string[]).includes(secret)
}

function unknown(secret: string, known: SecretRequest['known']): Diagnostic {
  if (secret === 'backup-key')
    return diagnose('ROTATION_REFUSED', {
      detail: 'the backups that exist are opened by the present backup key alone',
      mend: mend.advice('set backups.repository to a new directory, then run: pgherd up'),
      at: { path: 'backups.encryption.key' },
    })
  const names = rotatable.filter((each) => known[each] !== undefined)
  return diagnose('USAGE', {
    detail: `there is no secret "${secret}" to rotate; there are ${names.join(', ')}; for that of a role there is --password`,
    mend: mend.advice('name one of these'),
  })
}
