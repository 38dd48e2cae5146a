import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whose certificate it is, and where it goes. */
export interface CertificateHolder {
  readonly name: string
  readonly address: string
  /** Gets `ca.crt`, `server.crt` and `server.key`. */
  readonly directory: string
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-batch']

/** A CA of openssl's, and one pair for every holder, good for servers and clients, all made at once. */
export async function makeCertificates(
  authority: string,
  holders: readonly CertificateHolder[],
  gateway: string,
): Promise<void> {
  mkdirSync(authority, { recursive: true, mode: 0o700 })
  const [ca, caKey] = [join(authority, 'ca.crt'), join(authority, 'ca.key')]
  await run('openssl', ['req', '-x509', ...newKey, '-keyout', caKey, '-out', ca, '-subj', '/CN=bare cluster'])
  await Promise.all(
    holders.map(async ({ name, address, directory }) => {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const names = [
        `DNS:${name}`,
        'DNS:localhost',
        ...[...new Set([address, '127.0.0.1', gateway])].map((ip) => `IP:${ip}`),
      ]
      const [cert, key] = [join(directory, 'server.crt'), join(directory, 'server.key')]
      await run('openssl', [
        'req',
        '-x509',
        ...['-CA', ca, '-CAkey', caKey],
        ...newKey,
        ...['-keyout', key, '-out', cert, '-subj', `/CN=${name}`],
        ...['-addext', `subjectAltName=${names.join()}`],
        ...['-addext', 'extendedKeyUsage=serverAuth,clientAuth'],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ])
      copyFileSync(ca, join(directory, 'ca.crt'))
      chmodSync(key, 0o600)
    }),
  )
}
