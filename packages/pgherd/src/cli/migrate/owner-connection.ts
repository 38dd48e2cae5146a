import { readFileSync } from 'node:fs'
import pg from 'pg'
import { verifiedTls } from '../../cluster/connect.ts'
import { quoteIdentifier } from '../../components/postgres/objects/quoting.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import { administered, socketOf } from '../../operations/administered.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import type { Spec } from '../../spec/schema.ts'
import type { Invocation } from '../command.ts'
import { openSession } from '../session.ts'

export interface OwnedDatabase extends AsyncDisposable {
  readonly client: pg.Client
  readonly database: string
  readonly owner: string
  /**
   * A session with the rights of the owner on a throwaway database: over the socket, since pg_hba.conf lets roles into the
   * databases of the spec alone.
   */
  readonly open: (database: string) => Promise<pg.Client>
  /** A session of the superuser over the socket, for what the owner may not do. Whoever asks ends it. */
  readonly administer: () => Promise<pg.Client>
}

/**
 * A session of the role that owns a database, over TLS on the server itself: a pooler may give the lock of the run to
 * somebody else. Throws DiagnosticError DATABASE_UNKNOWN, LEADER_MISSING, and NOT_UP when nobody answers.
 */
export async function connectAsOwner(
  invocation: Invocation,
  wanted: string | undefined,
): Promise<OwnedDatabase> {
  const session = await openSession(invocation.globals, { savedSpec: true })
  const { database, owner } = ownedDatabase(session.spec, wanted)
  const server = await administered(session.context(invocation))
  const host = session.cluster ? server.address : session.server.host
  const password = await session.readSecret(roleSecretId(owner))
  const client = await connected({
    host,
    port: server.ports.postgres,
    user: owner,
    password,
    database,
    application_name: 'pgherd migrate',
    connectionTimeoutMillis: 5000,
    keepAlive: true,
    ssl: verifiedTls(readFileSync(session.server.ca, 'utf8'), host),
  })
  return {
    client,
    database,
    owner,
    async open(name) {
      const throwaway = await connected(socketOf(server, name))
      await throwaway.query(`set role ${quoteIdentifier(owner)}`)
      return throwaway
    },
    administer: () => connected(socketOf(server, 'postgres')),
    [Symbol.asyncDispose]: () => client.end(),
  }
}

async function connected(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config)
  // between two queries nobody else would hear that the server has gone, and the process would end
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (error) {
    throw unreachable(String(config.database), error)
  }
}

/** The database and its owner, by the spec. Throws DiagnosticError DATABASE_UNKNOWN. */
export function ownedDatabase(
  { databases }: Pick<Spec, 'databases'>,
  wanted: string | undefined,
): { database: string; owner: string } {
  const names = Object.keys(databases)
  const database = wanted ?? names[0]
  const declared =
    database !== undefined && Object.hasOwn(databases, database) ? databases[database] : undefined
  if (database !== undefined && declared) return { database, owner: declared.owner }
  throw new DiagnosticError(
    diagnose('DATABASE_UNKNOWN', {
      detail:
        database === undefined
          ? 'the spec declares no database'
          : `the spec declares no database "${database}"; there are: ${names.join(', ') || 'none'}`,
      mend: mend.advice('declare it under databases: and run pgherd up'),
      at: { path: 'databases' },
    }),
  )
}

function unreachable(database: string, error: unknown): DiagnosticError {
  return new DiagnosticError(
    diagnose('NOT_UP', {
      detail: `nobody answers for the database "${database}": ${error instanceof Error ? error.message : String(error)}`,
      mend: mend.run('pgherd', 'up'),
    }),
    { cause: error },
  )
}
