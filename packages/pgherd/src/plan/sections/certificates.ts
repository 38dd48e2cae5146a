import type { Draft, Section } from '../section.ts'

/** The server certificate is there, for the right hosts, and not near its end. */
export const certificates: Section = {
  name: 'certificates',
  draft(wanted, observed) {
    const { state, why } = observed.certificate
    if (state === 'good') return []
    const running = observed.server.state === 'running'
    const missing = state === 'missing'
    const step: Draft = {
      id: 'certificate:server',
      title: wanted.ownCertificate
        ? 'install the server certificate'
        : missing
          ? 'issue the server certificate'
          : 'renew the server certificate',
      because: why ?? 'there is none',
      cause: missing ? 'create' : 'repair',
      impact: running ? 'reload' : 'nothing',
      action: wanted.ownCertificate
        ? {
            do: 'install-certificate',
            ...wanted.ownCertificate,
            directory: wanted.certificate.directory,
            hosts: wanted.certificate.hosts,
          }
        : { do: 'issue-certificate', certificate: wanted.certificate },
    }
    return [step]
  },
}
