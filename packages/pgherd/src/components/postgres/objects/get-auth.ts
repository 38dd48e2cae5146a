import { poolerSchema } from '../../reserved-names.ts'
import { quoteLiteral } from './quoting.ts'
import { defineFunction, type ServerFunction } from './server-function.ts'

/** As SQL calls it, and as `to_regprocedure` finds it. */
export const getAuthSignature = `${poolerSchema}.get_auth(text)`

/**
 * Where PgBouncer looks a password up (its auth_query). It runs as its owner, the superuser, and shows the SCRAM
 * verifier of a declared role that can log in now: never of a superuser, of one that may read the WAL or of pgherd's
 * own, whatever somebody did to them. A verifier is no password, but enough to log in with through PgBouncer.
 * @param roles the declared roles, without pgherd's own.
 */
export function getAuth(roles: readonly string[]): ServerFunction {
  const names = [...roles].sort().map(quoteLiteral).join(', ')
  return defineFunction({
    schema: poolerSchema,
    name: 'get_auth',
    args: 'text',
    result: 'TABLE(username text, password text)',
    language: 'sql',
    security: 'DEFINER',
    body: `select rolname::text, rolpassword from pg_authid
 where rolname = $1 and rolname::text = any (array[${names}]::text[])
   and rolcanlogin and not rolsuper and not rolreplication and coalesce(rolvaliduntil > now(), true)`,
  })
}
