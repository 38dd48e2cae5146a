import { certificateFiles } from '../pki/certificate-files.ts'
import { inspectCertificate } from '../pki/inspect.ts'
import { inspectOwnCertificate, isInstalled } from '../pki/install-own.ts'
import type { ObservedCertificate } from '../plan/observed.ts'
import type { Wanted } from '../plan/wanted.ts'

export interface CertificateView {
  readonly renewBeforeSeconds: number
  readonly baseDirectory: string
  readonly now: Date
}

/** Judges the installed certificate: there, for the right hosts, not near its end; the user's own one unchanged. */
export function observeCertificate(wanted: Wanted, view: CertificateView): ObservedCertificate {
  const { directory, name, hosts } = wanted.certificate
  const { now, renewBeforeSeconds, baseDirectory } = view
  const found = inspectCertificate(certificateFiles(directory, name), {
    hosts,
    renewBefore: renewBeforeSeconds,
    now,
  })
  const notAfter = found.notAfter === undefined ? {} : { notAfter: found.notAfter }
  if (wanted.ownCertificate) {
    const own = { source: wanted.ownCertificate, baseDirectory, hosts, renewBeforeSeconds, now }
    if (isInstalled({ ...own, directory, name })) return { state: 'good', ...notAfter }
    const { findings } = inspectOwnCertificate(own)
    const errors = findings.filter(({ severity }) => severity === 'error')
    return {
      state: found.state === 'missing' ? 'missing' : 'renew',
      why: 'the files of tls.certificate are not installed',
      blocked: errors,
      ...notAfter,
    }
  }
  if (found.state === 'good') return { state: 'good', ...notAfter }
  return {
    state: found.state,
    why: found.findings.map(({ detail }) => detail).join('; ') || 'there is none',
    ...notAfter,
  }
}
