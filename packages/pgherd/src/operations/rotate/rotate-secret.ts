import { randomBytes } from 'node:crypto'
import { clientCertificate, type ClusterAccess } from '../../cluster/access.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { pingRedis } from '../../cluster/redis-ping.ts'
import { routerStats } from '../../cluster/router-stats.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { Wanted } from '../../plan/wanted.ts'
import { generatedPassword, passwordBytes } from '../../secrets/password.ts'
import { serversOf, type Member } from '../../topology/topology.ts'
import { planOf } from '../cluster-operation.ts'
import type { OperationContext } from '../context.ts'
import { waitUntil } from '../wait-until.ts'
import { decideSecret, type RotatableSecret, type SecretPlan } from './decide-secret.ts'
import { changeRedisPassword } from './redis-config.ts'
import { fillAnew, signalReaders, store, writeAll, type SecretSite } from './secret-files.ts'

export interface SecretOptions extends Pick<OperationContext, 'readSecret' | 'signal' | 'report'> {
  readonly sites: readonly SecretSite[]
  readonly home: Member
  /** Undefined for a single server, which has the token of its agent alone. */
  readonly cluster: ClusterAccess | undefined
  /** The secrets this database has. */
  readonly secrets: Wanted['secrets']
  readonly secret: string
  readonly approve?: (plan: SecretPlan) => Promise<void>
}

export interface SecretResult {
  readonly secret: RotatableSecret
  /** Members whose files were written again. */
  readonly told: readonly string[]
}

const takenMs = 30_000

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planSecret({ cluster, secret, secrets }: SecretOptions): Promise<SecretPlan> {
  const known = Object.fromEntries(secrets.map(({ id, reference }) => [id, reference]))
  const redisSilent = cluster && secret === 'redis' && known['redis'] ? await pingRedis(cluster) : undefined
  return planOf(
    decideSecret(cluster && (await observeCluster(cluster)), {
      secret,
      known,
      ...(redisSilent === undefined ? {} : { redisSilent }),
    }),
  )
}

/**
 * Makes a secret anew that is no password of a role, and looks that whoever checks it takes the new one. Throws
 * DiagnosticError, ROTATION_INCOMPLETE among them: then `pgherd up` brings what is in the store to everybody.
 */
export async function rotateSecret(options: SecretOptions): Promise<SecretResult> {
  const { sites, home, report, signal } = options
  const plan = await planSecret(options)
  await options.approve?.(plan)
  const { secret } = plan
  const value = generatedPassword(randomBytes(passwordBytes))
  const old = await options.readSecret(secret)
  const files = await fillAnew(sites, secret, (id) =>
    id === secret ? Promise.resolve(value) : options.readSecret(id),
  )
  report(`a new ${secret}`)
  // the store first: should this process die now, `pgherd up` brings what is there to everybody
  await store(sites, home, secret, value)
  await writeAll(files)
  try {
    if (secret === 'redis' && options.cluster)
      await changeRedisPassword(home, clientCertificate(options.cluster).ca, { old, new: value })
    else await signalReaders(files)
  } catch (error) {
    throw incomplete(secret, error instanceof Error ? error.message : String(error))
  }
  let last = 'nobody answered'
  const taken = await waitUntil(
    async () => {
      const untaken = await whyUntaken(options, secret)
      last = untaken ?? last
      return untaken === undefined || undefined
    },
    { ms: takenMs, signal, pollMs: 300 },
  )
  if (!taken) throw incomplete(secret, last)
  return { secret, told: [...new Set(files.map(({ site }) => site.member.name))] }
}

/** Uses the new value as it is meant to be used; undefined when everybody takes it. */
async function whyUntaken({ cluster }: SecretOptions, secret: RotatableSecret): Promise<string | undefined> {
  if (!cluster) return undefined
  try {
    if (secret === 'redis') return await pingRedis(cluster)
    if (secret === 'haproxy-statistics') await routerStats(cluster)
    // reading a file again changes nothing, and is only done for whoever may change something
    if (secret === 'patroni-api')
      await Promise.all(serversOf(cluster.topology).map((member) => new PatroniApi(cluster, member).reload()))
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function incomplete(secret: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('ROTATION_INCOMPLETE', {
      detail: `the secret ${secret} was not changed to the end: ${why}`,
      mend: mend.run('pgherd', 'up'),
    }),
  )
}
