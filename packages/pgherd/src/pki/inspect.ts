import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { diagnose, mend, type Diagnostic, type Mend } from '../diagnostic/diagnostic.ts'
import type { CertificateFiles } from './certificate-files.ts'
import { issuedBy, readCertificates } from './chain.ts'

export interface CertificateExpectation {
  /** Names and addresses clients connect to. */
  readonly hosts: readonly string[]
  /** Seconds before its end from which on a certificate should be renewed. */
  readonly renewBefore: number
  readonly now: Date
}

export interface CertificateInspection {
  /** `renew`: there is one, and something is wrong with it or its end is near. */
  readonly state: 'missing' | 'good' | 'renew'
  readonly findings: readonly Diagnostic[]
  /** RFC 3339; absent when the certificate cannot be read. */
  readonly notAfter?: string
  readonly subject?: string
}

/**
 * Looks at a server certificate, its key and its CA as they lie on disk: readable, in time, for these hosts, a pair, issued
 * by that CA. Never throws for what is in the files. `how` is the mend; `pgherd up` renews what pgherd issued.
 */
export function inspectCertificate(
  files: Pick<CertificateFiles, 'cert' | 'key' | 'ca'>,
  expected: CertificateExpectation,
  how: Mend = mend.run('pgherd', 'up'),
): CertificateInspection {
  const at = { path: 'tls', file: files.cert }
  if (!existsSync(files.cert)) {
    const detail = `${files.cert} is missing; without it PostgreSQL accepts no connection over TCP`
    return { state: 'missing', findings: [diagnose('CERT_MISSING', { detail, mend: how, at })] }
  }
  const unreadable = (file: string, why: string): CertificateInspection => ({
    state: 'renew',
    findings: [
      diagnose('CERT_UNREADABLE', {
        detail: `${file} cannot be used: ${why}`,
        mend: how,
        at: { path: 'tls', file },
      }),
    ],
  })
  const chain = read(files.cert, readCertificates)
  if (typeof chain === 'string') return unreadable(files.cert, chain)
  const [leaf, ...intermediates] = chain
  if (!leaf) return unreadable(files.cert, 'it holds no certificate')
  const key = read(files.key, (text) => createPrivateKey(text))
  if (typeof key === 'string') return unreadable(files.key, key)
  const roots = read(files.ca, readCertificates)
  if (typeof roots === 'string') return unreadable(files.ca, roots)

  const findings = [
    ...timing(leaf, expected),
    ...mismatches(leaf, key, expected.hosts),
    ...(issuedBy(leaf, intermediates, roots)
      ? []
      : [
          [
            'CERT_UNTRUSTED',
            `clients that verify with ${files.ca} refuse ${files.cert}: no chain leads from one to the other`,
          ] as const,
        ]),
  ].map(([code, detail]) => diagnose(code, { detail, mend: how, at }))
  return {
    state: findings.length === 0 ? 'good' : 'renew',
    findings,
    notAfter: new Date(leaf.validTo).toISOString(),
    subject: leaf.subject.replaceAll('\n', ', '),
  }
}

type Finding = readonly [
  'CERT_EXPIRED' | 'CERT_NOT_YET_VALID' | 'CERT_EXPIRES_SOON' | 'CERT_KEY_MISMATCH' | 'CERT_HOST_MISMATCH',
  string,
]

function timing(leaf: X509Certificate, { now, renewBefore }: CertificateExpectation): Finding[] {
  const [begin, end] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]
  const until = new Date(end).toISOString()
  if (now.getTime() >= end)
    return [['CERT_EXPIRED', `it ended at ${until}; clients that verify it are refused`]]
  if (now.getTime() < begin) {
    return [
      [
        'CERT_NOT_YET_VALID',
        `it begins at ${new Date(begin).toISOString()}, and this machine's clock says ${now.toISOString()}; one of the two is wrong`,
      ],
    ]
  }
  const left = (end - now.getTime()) / 1000
  if (left >= renewBefore) return []
  return [
    [
      'CERT_EXPIRES_SOON',
      `it ends at ${until}, in ${Math.floor(left / 86_400)} days; it should be renewed ${Math.round(renewBefore / 86_400)} days ahead`,
    ],
  ]
}

function mismatches(leaf: X509Certificate, key: KeyObject, hosts: readonly string[]): Finding[] {
  const findings: Finding[] = []
  if (!leaf.checkPrivateKey(key))
    findings.push([
      'CERT_KEY_MISMATCH',
      'the private key is not the one the certificate was issued for; PostgreSQL does not start with them',
    ])
  const foreign = hosts.filter((host) => !isFor(leaf, host))
  if (foreign.length > 0) {
    const names = leaf.subjectAltName ?? 'no name at all'
    findings.push([
      'CERT_HOST_MISMATCH',
      `it is not for ${foreign.join(', ')}, only for ${names}; clients with sslmode=verify-full are refused there`,
    ])
  }
  return findings
}

/** Addresses are compared with iPAddress names, names with dNSName; the common name does not count (RFC 6125). */
function isFor(leaf: X509Certificate, host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address)) return leaf.checkIP(address) !== undefined
  return leaf.checkHost(domainToASCII(host) || host, { subject: 'never' }) !== undefined
}

/** What the file holds, or why it cannot be read, without anything from the file itself. */
function read<T extends object>(path: string, parse: (text: string) => T): T | string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return code === 'ENOENT'
      ? 'it is missing'
      : code === 'EACCES'
        ? 'this user may not read it'
        : `it cannot be read (${code})`
  }
  try {
    return parse(text)
  } catch {
    return /ENCRYPTED/.test(text)
      ? 'its key is protected by a passphrase, which PostgreSQL would have to ask for'
      : 'it is not valid PEM'
  }
}
