import { readFileSync } from 'node:fs'
import type { Programs } from '../topology/host-facts.ts'
import { homeOf, type Topology } from '../topology/topology.ts'

/** What it takes to speak with the parts of a cluster. */
export interface ClusterAccess {
  readonly topology: Topology
  readonly programs: Programs
  /** Value of a secret by id; throws DiagnosticError when it is gone. */
  readSecret(id: string): Promise<string>
}

/** The CA and the pair we show: those of the home, which every member's own CA has signed. */
export interface ClientCertificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Files of the pair. */
export function clientCertificateFiles({ topology }: ClusterAccess): ClientCertificate {
  const { tls } = homeOf(topology).paths
  return { ca: `${tls}/ca.crt`, cert: `${tls}/server.crt`, key: `${tls}/server.key` }
}

/** The pair itself, read anew each time because certificates are renewed; throws what the file system says. */
export function clientCertificate(access: ClusterAccess): ClientCertificate {
  const files = clientCertificateFiles(access)
  return {
    ca: readFileSync(files.ca, 'utf8'),
    cert: readFileSync(files.cert, 'utf8'),
    key: readFileSync(files.key, 'utf8'),
  }
}
