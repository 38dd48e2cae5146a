import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { DiagnosticError, mend } from '../diagnostic/diagnostic.ts'
import { asFileFinding } from '../hosts/file-error.ts'
import { writeWholeFile } from '../hosts/whole-file.ts'
import type { RunAs } from '../topology/host-facts.ts'
import { certificateFiles } from './certificate-files.ts'
import type { EnsureResult } from './ensure.ts'
import { inspectCertificate, type CertificateInspection } from './inspect.ts'
import { installPair } from './install-pair.ts'

export interface OwnCertificateRequest {
  readonly name: string
  readonly directory: string
  /** Paths as the spec has them; relative ones count from `baseDirectory`, the directory of the spec. */
  readonly source: { readonly cert: string; readonly key: string; readonly ca: string }
  readonly baseDirectory: string
  readonly hosts: readonly string[]
  readonly renewBeforeSeconds: number
  readonly runAs: RunAs
  readonly now: Date
}

/** How a user mends a certificate of their own. */
const ownMend = mend.advice(
  'put a good certificate, key and CA at the paths of tls.certificate, then run: pgherd up',
)

/** Looks at the user's own files before they are copied. */
export function inspectOwnCertificate(
  request: Omit<OwnCertificateRequest, 'directory' | 'name' | 'runAs'>,
): CertificateInspection {
  const { hosts, renewBeforeSeconds: renewBefore, now } = request
  return inspectCertificate(resolveSource(request), { hosts, renewBefore, now }, ownMend)
}

/**
 * The first of the user's own files that this process may not read, such as a key that only root can, after the rights
 * of root were given up; undefined when it may read all that are there. A file that is missing is no matter of rights.
 */
export function closedSource(
  request: Pick<OwnCertificateRequest, 'source' | 'baseDirectory'>,
): string | undefined {
  return Object.values(resolveSource(request)).find((path) => {
    try {
      accessSync(path, constants.R_OK)
      return false
    } catch (error) {
      return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')
    }
  })
}

/** True when the installed files are the user's, byte for byte. */
export function isInstalled(
  request: Pick<OwnCertificateRequest, 'name' | 'directory' | 'source' | 'baseDirectory'>,
): boolean {
  const source = resolveSource(request)
  const files = certificateFiles(request.directory, request.name)
  return (['cert', 'key', 'ca'] as const).every(
    (part) =>
      existsSync(files[part]) &&
      existsSync(source[part]) &&
      readFileSync(files[part]).equals(readFileSync(source[part])),
  )
}

/**
 * Checks the user's own certificate and copies it to where the user PostgreSQL runs as can read it. One that cannot work is
 * refused and the old one stays; one whose end is near is taken. Throws DiagnosticError with all CERT_* findings.
 */
export function installOwnCertificate(request: OwnCertificateRequest): EnsureResult {
  const { directory, name, runAs } = request
  const { findings, notAfter } = inspectOwnCertificate(request)
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 || notAfter === undefined) throw new DiagnosticError(errors)
  if (isInstalled(request)) return { changed: false, notAfter }
  const source = resolveSource(request)
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw asFileFinding(error, 'read', path)
    }
  }
  writeWholeFile(certificateFiles(directory, name).ca, read(source.ca), { mode: 0o644, owner: runAs })
  installPair(directory, name, { cert: read(source.cert), key: read(source.key) }, runAs)
  return { changed: true, notAfter }
}

function resolveSource({ source, baseDirectory }: Pick<OwnCertificateRequest, 'source' | 'baseDirectory'>) {
  const absolute = (path: string) => (isAbsolute(path) ? path : join(baseDirectory, path))
  return { cert: absolute(source.cert), key: absolute(source.key), ca: absolute(source.ca) }
}
