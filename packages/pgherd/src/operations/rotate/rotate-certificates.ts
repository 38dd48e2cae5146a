import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { observeCluster } from '../../cluster/observe-cluster.ts'
import { PatroniApi } from '../../cluster/patroni-api.ts'
import { PoolerAdmin } from '../../cluster/pooler-admin.ts'
import { DiagnosticError, diagnose, mend } from '../../diagnostic/diagnostic.ts'
import type { WriteHost } from '../../hosts/host.ts'
import { requireLock } from '../../hosts/local/lock.ts'
import { certificateFiles } from '../../pki/certificate-files.ts'
import { ensureCertificates } from '../../pki/ensure.ts'
import type { Wanted } from '../../plan/wanted.ts'
import type { RunAs } from '../../topology/host-facts.ts'
import { homeOf, type Member } from '../../topology/topology.ts'
import { planOf, type ClusterOperation } from '../cluster-operation.ts'
import { waitUntil } from '../wait-until.ts'
import { decideCertificates, type CertificatePlan } from './decide.ts'
import { endpointsOf } from './endpoints.ts'
import { reloadRedis } from './redis-config.ts'
import { normalSerial, servedSerial, type ClientPair } from './served-certificate.ts'

/** A member with what a new certificate of it needs. */
export interface CertifiedSite {
  readonly member: Member
  readonly host: Pick<WriteHost, 'sql' | 'reloadUnit'>
  readonly wanted: Pick<Wanted, 'certificate' | 'ownCertificate' | 'units'>
  readonly facts: { readonly runAs: RunAs }
}

export interface CertificateOptions extends Omit<ClusterOperation, 'sites'> {
  readonly sites: readonly CertifiedSite[]
  /** One member alone; left out: all. */
  readonly member?: string
  readonly approve?: (plan: CertificatePlan) => Promise<void>
}

export interface CertificateResult {
  readonly rotated: readonly {
    readonly member: string
    /** Hexadecimal. */
    readonly serial: string
    /** RFC 3339. */
    readonly notAfter: string
    /** Programs that were seen to serve it. */
    readonly servedBy: readonly string[]
  }[]
}

const servedMs = 30_000

/** What would be done. Throws DiagnosticError with the refusals. */
export async function planCertificates({
  access,
  sites,
  member,
}: CertificateOptions): Promise<CertificatePlan> {
  return planOf(
    decideCertificates(await observeCluster(access), {
      ...(member === undefined ? {} : { member }),
      known: sites.map((site) => site.member.name),
      gateway: homeOf(access.topology).name,
      own: sites.some(({ wanted }) => wanted.ownCertificate !== undefined),
    }),
  )
}

/**
 * Gives each member a new pair from pgherd's CA, one member at a time, and has its programs read it without closing a
 * session; goes on only when each program was seen to serve it. Throws DiagnosticError, ROTATION_INCOMPLETE and LOCKED among
 * them: the agent renews by the same means.
 */
export async function rotateCertificates(options: CertificateOptions): Promise<CertificateResult> {
  const plan = await planCertificates(options)
  await options.approve?.(plan)
  const { run } = homeOf(options.access.topology).paths
  using _lock = requireLock(join(run, 'certificates.lock'), 'a rotation of certificates')
  const rotated: CertificateResult['rotated'][number][] = []
  for (const name of plan.members) {
    options.report(`new certificate for ${name}`, rotated.length / plan.members.length)
    const site = options.sites.find(({ member }) => member.name === name)
    if (site) rotated.push(await rotateOne(options, site))
  }
  return { rotated }
}

async function rotateOne(
  options: CertificateOptions,
  site: CertifiedSite,
): Promise<CertificateResult['rotated'][number]> {
  const { member, wanted, facts } = site
  const { notAfter } = await ensureCertificates({
    ...wanted.certificate,
    runAs: facts.runAs,
    // longer than any certificate lasts: always a new one
    renewBeforeSeconds: Number.MAX_SAFE_INTEGER,
    now: options.now(),
  })
  return { member: member.name, notAfter, ...(await takeUp(options, site)) }
}

/**
 * Has the programs of a member read the certificate that lies there, and looks that each serves it. Throws DiagnosticError,
 * ROTATION_INCOMPLETE among them.
 */
export async function takeUp(
  options: CertificateOptions,
  site: CertifiedSite,
): Promise<{ readonly serial: string; readonly servedBy: readonly string[] }> {
  const { member } = site
  await (member.kind === 'gateway' ? reloadGateway(options, site) : reloadServer(options, site))
  const serial = await serialOnDisk(member.paths.tls)
  return { serial, servedBy: await seeServed(options, site, serial) }
}

/** etcd reads its pair for every connection (etcd, "Transport security model"), so it needs no word. */
async function reloadServer({ access }: CertificateOptions, { member, host }: CertifiedSite): Promise<void> {
  await new PatroniApi(access, member).reload()
  // Patroni signals PostgreSQL only when a setting has changed
  await host.sql('postgres', [{ text: 'SELECT pg_reload_conf()' }])
}

async function reloadGateway(
  { access }: CertificateOptions,
  { member, host, wanted }: CertifiedSite,
): Promise<void> {
  const haproxy = wanted.units.find(({ name }) => name === 'haproxy')
  if (haproxy) await host.reloadUnit(haproxy)
  if (access.topology.spec.redis)
    await reloadRedis(
      member,
      await readFile(certificateFiles(member.paths.tls).ca, 'utf8'),
      await access.readSecret('redis'),
    )
  // last: it logs in anew for every session of its pools, and those logins should meet the new router
  await using admin = await PoolerAdmin.connect(access)
  await admin.reload()
}

async function seeServed(
  { access, signal }: CertificateOptions,
  { member }: CertifiedSite,
  serial: string,
): Promise<readonly string[]> {
  const pair = await clientPair(homeOf(access.topology).paths.tls)
  const servedBy: string[] = []
  for (const endpoint of endpointsOf(access.topology, member)) {
    let seen = 'does not answer'
    const served = await waitUntil(
      async () => {
        const found = await servedSerial(endpoint, pair)
        seen = `serves ${found}`
        return found === serial || undefined
      },
      { ms: servedMs, signal, pollMs: 300 },
    )
    if (!served)
      throw new DiagnosticError(
        diagnose('ROTATION_INCOMPLETE', {
          detail: `${endpoint.what} of ${member.name} ${seen} after ${servedMs / 1000} s, and its new certificate is ${serial}; the members after it were left alone`,
          mend: mend.run('pgherd', 'up'),
          at: { member: member.name },
        }),
      )
    servedBy.push(endpoint.what)
  }
  return servedBy
}

/** Serial number of the certificate that lies in a directory, as `servedSerial` gives it. Throws what the file system says. */
export async function serialOnDisk(directory: string): Promise<string> {
  return normalSerial(new X509Certificate(await readFile(certificateFiles(directory).cert)).serialNumber)
}

/** What we show to those that ask. Throws what the file system says. */
export async function clientPair(directory: string): Promise<ClientPair> {
  const files = certificateFiles(directory)
  const [ca, cert, key] = await Promise.all(
    [files.ca, files.cert, files.key].map((file) => readFile(file, 'utf8')),
  )
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' }
}
