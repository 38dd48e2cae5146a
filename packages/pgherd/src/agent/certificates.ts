import { X509Certificate } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CertificateObservation } from '../checks/observation.ts'
import { homeOf, type Topology } from '../topology/topology.ts'

/**
 * The certificates of every member with their ends: at home every file, the CA among them; of the others the one they serve,
 * named after them. Members whose files lie on another machine are left out.
 */
export async function readAllCertificates(topology: Topology): Promise<readonly CertificateObservation[]> {
  const home = homeOf(topology)
  const others = topology.members.filter(({ name }) => name !== home.name)
  const found = await Promise.all([
    readCertificates(home.paths.tls),
    ...others.map(async ({ name, paths }) =>
      (await readCertificates(paths.tls))
        .filter((each) => each.name === 'server.crt')
        .map((each) => ({ ...each, name: `${name}/${each.name}`, member: name })),
    ),
  ])
  return found.flat()
}

/** Every certificate file (`*.crt`) of the TLS directory with its end. */
export async function readCertificates(directory: string): Promise<readonly CertificateObservation[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return Promise.all(
    names
      .filter((name) => name.endsWith('.crt'))
      .toSorted()
      .map((name) => readCertificate(name, join(directory, name))),
  )
}

async function readCertificate(name: string, path: string): Promise<CertificateObservation> {
  try {
    const certificate = new X509Certificate(await readFile(path))
    return {
      name,
      path,
      subject: certificate.subject.replaceAll('\n', ', '),
      notAfter: certificate.validToDate.toISOString(),
      problem: null,
    }
  } catch (error) {
    return {
      name,
      path,
      subject: '',
      notAfter: '',
      problem: error instanceof Error ? error.message : String(error),
    }
  }
}
