import type { ClientConfig } from 'pg'
import { clientCertificateFiles, type ClusterAccess } from '../../cluster/access.ts'
import { connectTo } from '../../cluster/connect.ts'
import { applicationOf } from '../../cluster/pooler-login.ts'
import { traitsOf } from '../../components/pgbouncer/versions.ts'
import { quoteIdentifier } from '../../components/postgres/objects/quoting.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import type { Spec } from '../../spec/schema.ts'
import type { Member } from '../../topology/topology.ts'
import { administered, socketOf } from '../administered.ts'
import type { OperationContext } from '../context.ts'

/** Where the load runs: made before, gone afterwards. Statements are the superuser's, on the server itself. */
export interface BenchPlace {
  /** Make it; what a bench that was killed has left is removed first. */
  readonly make: BenchStatements
  /** Where the tables go. */
  readonly fill: ClientConfig
  /** Let the load in, once they are there. */
  readonly letIn: readonly string[]
  readonly remove: BenchStatements
  readonly way: LoadWay
}

interface BenchStatements {
  readonly on: ClientConfig
  readonly texts: readonly string[]
}

/** How the clients of the load come in, and what they find. */
export interface LoadWay {
  readonly connect: ClientConfig
  /** PEM file of the CA that clients check the server against; undefined over the socket. */
  readonly ca?: string
  /** The schema that has the tables. */
  readonly schema: string
  /** False where a statement that was prepared may meet another session of the server. */
  readonly prepares: boolean
}

/** Reserved: no declared database can have this name, and no application has a schema called so. */
const name = 'pgherd_bench'

/**
 * On a single server a database of its own. Through the pool of a cluster only declared databases can be reached, by
 * declared roles alone: there it is a schema of its own in the application's database, which holds nothing of the application.
 * Throws DiagnosticError LEADER_MISSING, and BENCH_NOBODY when the spec declares nobody who could use the pool.
 */
export async function benchPlace(context: OperationContext): Promise<BenchPlace> {
  const { cluster } = context
  return cluster ? await inCluster(context, cluster) : ofSingle(context)
}

function ofSingle({ member }: OperationContext): BenchPlace {
  const on = session(member, 'postgres')
  const remove = `drop database if exists ${name} with (force)`
  return {
    make: { on, texts: [remove, `create database ${name}`] },
    fill: session(member, name),
    letIn: [],
    remove: { on, texts: [remove] },
    way: { connect: session(member, name), schema: 'public', prepares: true },
  }
}

async function inCluster(context: OperationContext, cluster: ClusterAccess): Promise<BenchPlace> {
  const application = loadRole(context.spec, context.now())
  if (!application) throw nobody()
  const { role, database } = application
  const on = session(await administered(context), database)
  const remove = `drop schema if exists ${name} cascade`
  const grantee = quoteIdentifier(role)
  const account = { user: role, secret: roleSecretId(role), database, applicationName: name }
  return {
    make: { on, texts: [remove, `create schema ${name}`] },
    fill: { ...on, options: `-c search_path=${name}` },
    letIn: [
      `grant usage on schema ${name} to ${grantee}`,
      `grant select, insert, update on all tables in schema ${name} to ${grantee}`,
    ],
    remove: { on, texts: [remove] },
    way: {
      connect: await connectTo(cluster, 'pool', account),
      ca: clientCertificateFiles(cluster).ca,
      schema: name,
      prepares: traitsOf(cluster.programs.pgbouncer?.version).preparedStatements,
    },
  }
}

/** Whom the load logs in as: one that reads and writes, before an owner, who often has few sessions. */
function loadRole(spec: Spec, now: Date) {
  const writers = Object.entries(spec.roles).filter(([, { access }]) => access === 'readwrite')
  return applicationOf({ ...spec, roles: Object.fromEntries(writers) }, now) ?? applicationOf(spec, now)
}

function session(member: Member, database: string): ClientConfig {
  return { ...socketOf(member, database), application_name: name }
}

function nobody(): DiagnosticError {
  return new DiagnosticError(
    diagnose('BENCH_NOBODY', {
      detail:
        'the spec declares no role that can log in and has a database, so nobody could run the load through the pool',
      mend: mend.advice('declare a database and its owner, then run: pgherd up'),
      at: { path: 'roles' },
    }),
  )
}
