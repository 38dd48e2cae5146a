import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { connectTo } from '../../cluster/connect.ts'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { poolable, readName } from '../../components/pgbouncer/pool-names.ts'
import { quoteIdentifier } from '../../components/postgres/objects/quoting.ts'
import { generatedPassword, passwordBytes } from '../../secrets/password.ts'
import { scramVerifier } from '../../secrets/scram.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import type { Spec } from '../../spec/schema.ts'
import { homeOf } from '../../topology/topology.ts'
import { hostOf, planOf, type ClusterOperation } from '../cluster-operation.ts'
import { follows } from '../standby-fitness.ts'
import { waitUntil } from '../wait-until.ts'
import { decidePassword, type PasswordPlan } from './decide.ts'
import {
  fillAnew,
  filesWith,
  signalReaders,
  store,
  writeAll,
  type FilledFile,
  type SecretSite,
} from './secret-files.ts'

export interface PasswordOptions extends ClusterOperation {
  readonly sites: readonly SecretSite[]
  readonly spec: Spec
  readonly role: string
  readonly approve?: (plan: PasswordPlan) => Promise<void>
}

export interface PasswordResult {
  readonly role: string
  /** Members whose files were written again. */
  readonly told: readonly string[]
}

/** Roles our own programs log in with. */
export const internalRoles = [
  'pgherd_monitor',
  'pgherd_pooler',
  'pgherd_replication',
  'pgherd_rewind',
] as const

const followingMs = 60_000

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planPassword({ access, spec, role, sites }: PasswordOptions): Promise<PasswordPlan> {
  return planOf(
    decidePassword(await observeCluster(access), {
      role,
      internal: internalRoles,
      declared: spec.roles,
      inFiles: filesWith(sites, roleSecretId(role)).length > 0,
    }),
  )
}

/**
 * Gives a role a new password: in the database, in the store of secrets, and in the files of whoever logs in with it.
 * Sessions stay open; between the first and the last of these a new login with the old password fails and is repeated
 * by PgBouncer (server_login_retry) and by Patroni, so it is kept to a moment by having everything ready before.
 * Throws DiagnosticError, ROTATION_INCOMPLETE among them.
 */
export async function rotatePassword(options: PasswordOptions): Promise<PasswordResult> {
  const { access, sites, report, role } = options
  const plan = await planPassword(options)
  await options.approve?.(plan)
  const value = generatedPassword(randomBytes(passwordBytes))
  const files = await fillAnew(sites, plan.secret, (id) =>
    id === plan.secret ? Promise.resolve(value) : access.readSecret(id),
  )
  const { leader } = await observeCluster(access)
  if (leader === undefined) throw incomplete(role, 'there is no primary any more; nothing was changed')
  report(`setting the password of ${role}`)
  // the store first: should this process die now, `pgherd up` sets what is in the store
  await store(sites, homeOf(access.topology), plan.secret, value)
  await hostOf(sites, leader).sql('postgres', [
    { text: `ALTER ROLE ${quoteIdentifier(role)} PASSWORD '${scramVerifier(value, randomBytes(16))}'` },
  ])
  await writeAll(files)
  if (files.length > 0) await haveRead(options, files)
  if (!plan.internal) await refreshPools(options, plan.secret)
  return { role, told: [...new Set(files.map(({ site }) => site.member.name))] }
}

/**
 * PgBouncer opens server sessions with what the last login of a client left (SCRAM keys, by user and database), so that
 * clients that are still connected would fail with the next new session. One login with the new password mends that; a
 * database the role may not use refuses it, now as before.
 */
async function refreshPools({ access, spec, role }: PasswordOptions, secret: string): Promise<void> {
  const pools = poolable(Object.keys(spec.databases)).flatMap((database) => [database, readName(database)])
  await Promise.allSettled(
    pools.map(async (database) => {
      const client = new pg.Client(await connectTo(access, 'pool', { user: role, secret, database }))
      client.on('error', () => undefined)
      await client.connect()
      await client.end()
    }),
  )
}

async function haveRead(options: PasswordOptions, files: readonly FilledFile[]): Promise<void> {
  const { access, signal, role } = options
  const servers = files.filter(({ site }) => site.member.kind !== 'gateway')
  await Promise.all([
    ...servers.map(({ site }) => new PatroniApi(access, site.member).reload()),
    signalReaders(files.filter((each) => !servers.includes(each))),
  ])
  const whole = await waitUntil(
    async () => {
      const { members, leader } = await observeCluster(access)
      const primary = members.find(({ name }) => name === leader)
      return (primary && members.every((each) => each === primary || follows(each, primary))) || undefined
    },
    { ms: followingMs, signal, pollMs: 500 },
  )
  if (!whole) throw incomplete(role, 'a standby does not stream since')
}

function incomplete(role: string, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('ROTATION_INCOMPLETE', {
      detail: `the password of "${role}" was not changed to the end: ${why}`,
      mend: mend.run('pgherd', 'up'),
    }),
  )
}
