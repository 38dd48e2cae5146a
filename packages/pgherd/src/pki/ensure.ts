import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { DiagnosticError, diagnose, mend } from '../diagnostic/diagnostic.ts'
import { asFileFinding } from '../hosts/file-error.ts'
import { writeWholeFile } from '../hosts/whole-file.ts'
import type { RunAs } from '../topology/host-facts.ts'
import { certificateFiles, type CertificateFiles } from './certificate-files.ts'
import { inspectCertificate } from './inspect.ts'
import { installPair } from './install-pair.ts'
import type { Pair } from './issue.ts'

export interface EnsureRequest {
  /** File name without ending: `server`. */
  readonly name: string
  readonly directory: string
  /** Where the CA is; left out: `directory`. Its certificate is copied to `directory`. */
  readonly authority?: string
  readonly hosts: readonly string[]
  readonly lifetimeSeconds: number
  /** Renew when less than this is left. */
  readonly renewBeforeSeconds: number
  readonly runAs: RunAs
  readonly now: Date
}

export interface EnsureResult {
  /** True when there is a new certificate, so that the server has to read its files again. */
  readonly changed: boolean
  readonly notAfter: string
}

/**
 * Loads what issues certificates, which most commands do not need. The agent calls it before it gives up the
 * rights to read the program's own files.
 */
export function loadIssuing() {
  return import('./issue.ts')
}

/**
 * Makes sure of a good certificate from pgherd's own CA: issues one when there is none, when its end is near, or when the
 * hosts have changed; does nothing otherwise. Makes the CA the first time and never again: clients trust it, so a lost one
 * is a finding. Throws DiagnosticError CA_UNUSABLE and those of the file system.
 */
export async function ensureCertificates(request: EnsureRequest): Promise<EnsureResult> {
  const { directory, name, hosts, runAs, now } = request
  const files = certificateFiles(directory, name)
  const expected = { hosts, renewBefore: request.renewBeforeSeconds, now }
  const before = inspectCertificate(files, expected)
  if (before.state === 'good' && before.notAfter !== undefined)
    return { changed: false, notAfter: before.notAfter }
  const { createAuthority, issueServerCertificate } = await loadIssuing()
  const home = certificateFiles(request.authority ?? directory, name)
  let authority = readAuthority(home, now)
  if (!authority) {
    authority = await createAuthority(now)
    // the key first: a key without a certificate is a CA that was never used, and is made anew
    writeWholeFile(home.caKey, authority.key, { mode: 0o600, owner: runAs })
    writeWholeFile(home.ca, authority.cert, { mode: 0o644, owner: runAs })
  }
  if (home.ca !== files.ca) writeWholeFile(files.ca, authority.cert, { mode: 0o644, owner: runAs })
  const pair = await issueServerCertificate(authority, request, now)
  installPair(directory, name, pair, runAs)
  return { changed: true, notAfter: new Date(new X509Certificate(pair.cert).validTo).toISOString() }
}

/** The CA on disk; undefined when there never was one. */
function readAuthority(files: CertificateFiles, now: Date): Pair | undefined {
  const [hasCert, hasKey] = [existsSync(files.ca), existsSync(files.caKey)]
  if (!hasCert && !existsSync(files.cert)) return undefined
  if (!hasCert) throw unusable(files, `${files.ca} is missing, and clients were given it`)
  if (!hasKey) throw unusable(files, `${files.caKey} is missing, so it can issue nothing more`)
  let pair: Pair
  try {
    pair = { cert: readFileSync(files.ca, 'utf8'), key: readFileSync(files.caKey, 'utf8') }
  } catch (error) {
    throw asFileFinding(error, 'read the CA', files.caKey)
  }
  const expected = { hosts: [], renewBefore: 0, now }
  const { findings } = inspectCertificate({ cert: files.ca, key: files.caKey, ca: files.ca }, expected)
  if (findings.length > 0) throw unusable(files, findings.map(({ detail }) => detail).join('; '))
  return pair
}

function unusable(files: CertificateFiles, why: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('CA_UNUSABLE', {
      detail: `${why}. A new CA would lock out every client that trusts the old one, so none is made by itself`,
      mend: mend.advice(
        `put ${files.ca} and ${files.caKey} back from a copy; or remove both and ${files.cert}, run pgherd up, and give clients the new ${files.ca}`,
      ),
      at: { path: 'tls', file: files.ca },
    }),
  )
}
