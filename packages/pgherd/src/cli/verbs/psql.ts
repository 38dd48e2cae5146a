import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { findPrimary } from '../../cluster/find-primary.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { spawnIdentity } from '../../hosts/run-as.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import type { Member } from '../../topology/topology.ts'
import type { Verb } from '../command.ts'
import { endpointOf } from '../connection-url.ts'
import { textOption } from '../option.ts'
import { writePasswordFile } from '../password-file.ts'
import { openSession, type Session } from '../session.ts'

export const run: Verb = async ({ globals, args, options }) => {
  const session = await openSession(globals, { savedSpec: true })
  const program = session.facts.postgres.tools['psql']
  if (program === undefined) {
    throw new DiagnosticError(
      diagnose('PROGRAM_MISSING', {
        detail: 'psql is not installed; the embedded PostgreSQL brings the server alone',
        mend: mend.run('apt-get', 'install', 'postgresql-client'),
      }),
    )
  }
  const { facts } = session
  if (options['admin'] === true) {
    const database = textOption(options, 'database') ?? 'postgres'
    const server = await serverFor(session)
    const env = {
      PGHOST: server.paths.sockets,
      PGPORT: String(server.ports.postgres),
      PGUSER: 'postgres',
      PGDATABASE: database,
    }
    return await hand(program, args, env, spawnIdentity(facts.runAs))
  }
  const endpoint = endpointOf(
    session.spec,
    { role: textOption(options, 'role'), database: textOption(options, 'database') },
    session.server,
  )
  const password = await session.readSecret(roleSecretId(endpoint.role))
  // psql reads the password from a file: neither argv nor the environment of a process is private
  using file = writePasswordFile(endpoint, password)
  const env = {
    PGHOST: endpoint.host,
    PGPORT: String(endpoint.port),
    PGUSER: endpoint.role,
    PGDATABASE: endpoint.database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: endpoint.ca,
    PGPASSFILE: file.path,
  }
  return await hand(program, args, env, {})
}

/** The administrator works on the primary, over its socket. */
async function serverFor({ cluster, member }: Session): Promise<Member> {
  if (!cluster) return member
  const primary = await findPrimary(cluster)
  if (primary) return primary
  throw new DiagnosticError(
    diagnose('CLUSTER_NOT_WHOLE', {
      detail: 'no member is primary at this moment',
      mend: mend.run('pgherd', 'status'),
    }),
  )
}

/** Hands the terminal to psql; Ctrl-C cancels psql's query, not us. */
async function hand(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  identity: { uid?: number; gid?: number },
): Promise<number> {
  const ignore = () => undefined
  process.on('SIGINT', ignore)
  try {
    const child = spawn(program, [...args], {
      stdio: 'inherit',
      env: { ...process.env, ...env },
      ...identity,
    })
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 4)))
    })
  } finally {
    process.off('SIGINT', ignore)
  }
}
