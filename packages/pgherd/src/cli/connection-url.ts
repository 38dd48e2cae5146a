import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { databasesOf } from '../spec/role-databases.ts'
import type { Spec } from '../spec/schema.ts'

export interface Endpoint {
  readonly role: string
  readonly database: string
  readonly host: string
  readonly port: number
  readonly ca: string
}

/**
 * Where a role connects. Throws DiagnosticError ROLE_UNKNOWN or DATABASE_UNKNOWN.
 * `wanted` are the names of the command line; the first declared ones when left out.
 */
export function endpointOf(
  spec: Spec,
  wanted: { role?: string; database?: string },
  server: { host: string; port: number; ca: string },
): Endpoint {
  const role = wanted.role ?? Object.keys(spec.roles)[0]
  if (role === undefined || !Object.hasOwn(spec.roles, role)) {
    throw new DiagnosticError(
      diagnose('ROLE_UNKNOWN', {
        detail:
          role === undefined
            ? 'the spec declares no role, and the superuser has no URL on purpose'
            : `the spec declares no role "${role}"; there are: ${Object.keys(spec.roles).join(', ') || 'none'}`,
        mend: mend.advice('declare the role under roles: and run pgherd up'),
        at: { path: 'roles' },
      }),
    )
  }
  const allowed = databasesOf(spec, role)
  const database = wanted.database ?? allowed[0] ?? 'postgres'
  if (wanted.database !== undefined && !allowed.includes(wanted.database)) {
    throw new DiagnosticError(
      diagnose('DATABASE_UNKNOWN', {
        detail: `the role "${role}" may not connect to "${wanted.database}"; it may to: ${allowed.join(', ') || 'none'}`,
        mend: mend.advice(`name one of them, or add it to roles.${role}.databases`),
        at: { path: `roles.${role}.databases` },
      }),
    )
  }
  return { role, database, ...server }
}

/** A libpq URI (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS) that verifies the server. */
export function connectionUrl(endpoint: Endpoint, password: string): string {
  const { role, database, host, port, ca } = endpoint
  // a zone of a link-local address is set off by % (RFC 6874), which libpq reads as an escape
  const address = host.includes(':') ? `[${host.replaceAll('%', '%25')}]` : encodeURIComponent(host)
  const query = `sslmode=verify-full&sslrootcert=${encodeURIComponent(ca).replaceAll('%2F', '/')}`
  return `postgresql://${encodeURIComponent(role)}:${encodeURIComponent(password)}@${address}:${port}/${inPath(database)}?${query}`
}

/**
 * A database name in the path of a URI. Characters a path may hold stay as they are (RFC 3986, pchar): libpq decodes
 * both forms, but node-postgres reads the path with decodeURI, which leaves their escapes alone.
 */
function inPath(name: string): string {
  return encodeURIComponent(name).replaceAll(/%(3A|40|26|3D|2B|24|2C|3B)/g, (escaped) =>
    decodeURIComponent(escaped),
  )
}
