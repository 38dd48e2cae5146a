import { observeCluster } from '../../cluster/observe-cluster.ts'
import { DiagnosticError } from '../../diagnostic/diagnostic.ts'
import { certificateFiles } from '../../pki/certificate-files.ts'
import { inspectCertificate } from '../../pki/inspect.ts'
import { homeOf } from '../../topology/topology.ts'
import { restartOrder } from '../restart-order.ts'
import { endpointsOf } from './endpoints.ts'
import {
  clientPair,
  rotateCertificates,
  serialOnDisk,
  takeUp,
  type CertificateOptions,
  type CertifiedSite,
} from './rotate-certificates.ts'
import { servedSerial } from './served-certificate.ts'

export interface RenewOptions extends Omit<CertificateOptions, 'member' | 'approve'> {
  /** Renew when less than this is left, in seconds. */
  readonly renewBeforeSeconds: number
}

export interface Renewal {
  /** Members that have a new certificate, each program of theirs seen to serve it. */
  readonly renewed: readonly string[]
  /** Members whose programs served another one than lies there, and were told. */
  readonly takenUp: readonly string[]
  /** Members that are due and do not stream: what they would serve could not be seen. They are renewed once they do. */
  readonly postponed: readonly string[]
}

/**
 * Renews the certificates that are near their end, one member after the other, standbys first and the gateway last, and
 * leaves the others alone. What an interrupted renewal left behind, a certificate that lies there and is not served, is
 * taken up as well. Throws DiagnosticError as `rotateCertificates`.
 */
export async function renewDue(options: RenewOptions): Promise<Renewal> {
  const { access, sites } = options
  const { leader } = await observeCluster(access)
  const home = homeOf(access.topology).name
  const servers = sites.map(({ member }) => member.name).filter((name) => name !== home)
  const done = { renewed: [] as string[], takenUp: [] as string[], postponed: [] as string[] }
  for (const name of [...restartOrder(servers, leader), home]) {
    const site = sites.find(({ member }) => member.name === name)
    if (!site) continue
    const need = await needOf(options, site)
    if (need === 'nothing') continue
    options.report(`${need === 'renew' ? 'a new certificate' : 'the certificate'} for ${name}`)
    try {
      if (need === 'renew') {
        await rotateCertificates({ ...options, member: name })
        done.renewed.push(name)
      } else {
        await takeUp(options, site)
        done.takenUp.push(name)
      }
    } catch (error) {
      if (!isAway(error)) throw error
      done.postponed.push(name)
    }
  }
  return done
}

async function needOf(
  { access, now, renewBeforeSeconds }: RenewOptions,
  { member, wanted }: CertifiedSite,
): Promise<'renew' | 'take-up' | 'nothing'> {
  const { directory, name, hosts } = wanted.certificate
  const expected = { hosts, renewBefore: renewBeforeSeconds, now: now() }
  if (inspectCertificate(certificateFiles(directory, name), expected).state !== 'good') return 'renew'
  const pair = await clientPair(homeOf(access.topology).paths.tls)
  const serial = await serialOnDisk(member.paths.tls)
  const served = await Promise.all(
    // what does not answer serves nothing, and other checks tell of it
    endpointsOf(access.topology, member).map((endpoint) => servedSerial(endpoint, pair).catch(() => serial)),
  )
  return served.every((each) => each === serial) ? 'nothing' : 'take-up'
}

function isAway(error: unknown): boolean {
  return (
    error instanceof DiagnosticError && error.diagnostics.every(({ code }) => code === 'MEMBER_UNREACHABLE')
  )
}
