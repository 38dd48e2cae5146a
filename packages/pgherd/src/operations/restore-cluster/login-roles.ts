import { randomBytes } from 'node:crypto'
import { clusterRoles } from '../../components/access/internal-roles.ts'
import { quoteIdentifier } from '../../components/postgres/objects/quoting.ts'
import type { WriteHost } from '../../hosts/host.ts'
import { scramVerifier, verifierMatches } from '../../secrets/scram.ts'
import { roleSecretId } from '../../secrets/secret.ts'
import { rowsOf } from '../cluster-operation.ts'

/**
 * Gives the roles our own programs log in with the passwords they have today: the restored database knows those of its own
 * moment, and with them no standby could be cloned and no client would get through the pools. Gives the names of those
 * that were changed. Throws what the server says.
 */
export async function renewLoginRoles(
  host: WriteHost,
  readSecret: (id: string) => Promise<string>,
): Promise<readonly string[]> {
  const names = clusterRoles.map((role) => `'${role}'`).join(', ')
  const rows = await rowsOf(
    host,
    `SELECT rolname::text AS role, coalesce(rolpassword, '') AS verifier FROM pg_authid WHERE rolname IN (${names})`,
  )
  const changed: string[] = []
  for (const { role, verifier } of rows) {
    const password = await readSecret(roleSecretId(String(role)))
    if (verifierMatches(String(verifier), password)) continue
    const text = `ALTER ROLE ${quoteIdentifier(String(role))} PASSWORD '${scramVerifier(password, randomBytes(16))}'`
    await host.sql('postgres', [{ text }])
    changed.push(String(role))
  }
  return changed
}
