import { dirname, join } from 'node:path'
import pg from 'pg'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { holderAtWork, operationLock, requireLock } from '../hosts/local/lock.ts'
import type { OperationContext } from '../operations/context.ts'
import { retain, runBackup } from '../operations/backup.ts'
import { openRepositoryOf } from '../operations/open-repository.ts'
import { proveOrRenew } from '../operations/prove-or-renew.ts'
import { renewDue } from '../operations/rotate/renew-due.ts'
import type { CertifiedSite } from '../operations/rotate/rotate-certificates.ts'
import { proofResult } from './proof-result.ts'
import { certificateHosts, certificateRequest } from '../plan/wanted.ts'
import { ensureCertificates, type EnsureResult } from '../pki/ensure.ts'
import { certificateFiles } from '../pki/certificate-files.ts'
import { inspectCertificate } from '../pki/inspect.ts'
import { closedSource, installOwnCertificate, type OwnCertificateRequest } from '../pki/install-own.ts'
import type { Topology } from '../topology/topology.ts'
import type { JobKind, JobResult, JobRunner } from './scheduler/job.ts'
import type { ServerAccess } from './server-access.ts'

type RunContext = Parameters<JobRunner['run']>[1]

export interface RunnerOptions {
  readonly context: Omit<OperationContext, 'report' | 'signal' | 'now'>
  readonly access: ServerAccess
  /** Ends the agent so that the service manager starts it anew, with the rights to load what it could not. */
  readonly restart: (why: string) => void
  /** The spec's file; paths of the user's own certificate count from its directory. */
  readonly specFile: string
  /** The members of a cluster, for what a new certificate of each needs; empty for a single server. */
  readonly certified: readonly CertifiedSite[]
}

/** Runs the jobs for real. */
export function operationRunner({ context, access, specFile, restart, certified }: RunnerOptions): JobRunner {
  const operation = ({ signal, report }: RunContext): OperationContext => ({
    ...context,
    signal,
    report,
    now: () => new Date(),
  })
  const jobs: Readonly<Record<JobKind, (run: RunContext) => Promise<JobResult>>> = {
    backup: async (run) => {
      const running = operation(run)
      const { record } = await runBackup(running)
      // whoever asked for the proof that failed, here or at the command line
      const last = (await (await openRepositoryOf(running)).proofs()).at(-1)
      return {
        ok: true,
        proofOwed: last?.verdict === 'failed',
        summary: `backup ${record.id}: ${record.bytes} bytes in ${record.seconds} s, ${record.storedBytes} stored`,
      }
    },
    proof: async (run) =>
      proofResult(await proveOrRenew(operation(run), { takeFirst: true }), context.member.name),
    retention: async (run) => {
      const running = operation(run)
      const repository = await openRepositoryOf(running)
      using lock = requireLock(join(context.member.paths.run, 'backup.lock'), 'retention of the pgherd agent')
      const before = (await repository.backups()).length
      await retain(running, repository)
      void lock
      return { ok: true, summary: `kept ${(await repository.backups()).length} of ${before} backups` }
    },
    certificates: (run) =>
      (context.cluster
        ? renewInCluster(operation(run), context.cluster, certified)
        : renewAlone(context, access, specFile)
      ).catch((error: unknown) => {
        if (isUnloadable(error))
          restart('a server certificate is due, and what issues it can only be loaded at the start')
        throw error
      }),
  }
  return { run: (kind, run) => jobs[kind](run).catch(skipWhenLocked) }
}

/** A person at the command line does the same work right now: nothing failed, and nothing is left to do. */
function skipWhenLocked(error: unknown): JobResult {
  if (error instanceof DiagnosticError && error.diagnostics.every((each) => each.code === 'LOCKED'))
    return { ok: true, summary: `skipped: ${error.diagnostics[0]?.detail ?? 'another pgherd is at work'}` }
  throw error
}

interface Renewal extends EnsureResult {
  /** A file of the user's own certificate that the agent may not read. */
  readonly closed?: string
}

async function renew({ spec, member, facts }: RunnerOptions['context'], specFile: string): Promise<Renewal> {
  const request = {
    name: 'server',
    directory: member.paths.tls,
    hosts: certificateHosts(spec),
    renewBeforeSeconds: spec.tls.renewBefore,
    runAs: facts.runAs,
    now: new Date(),
  }
  if (!spec.tls.certificate) return ensureCertificates({ ...request, lifetimeSeconds: spec.tls.lifetime })
  const own = { ...request, source: spec.tls.certificate, baseDirectory: dirname(specFile) }
  const closed = closedSource(own)
  return closed === undefined ? installOwnCertificate(own) : { ...installedCertificate(own), closed }
}

/** What serves now is all the agent can judge when it may not read what would take its place. */
function installedCertificate({
  directory,
  name,
  hosts,
  renewBeforeSeconds: renewBefore,
  now,
}: Omit<OwnCertificateRequest, 'source' | 'baseDirectory'>): EnsureResult {
  const { findings, notAfter } = inspectCertificate(certificateFiles(directory, name), {
    hosts,
    renewBefore,
    now,
  })
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 || notAfter === undefined) throw new DiagnosticError(errors)
  return { changed: false, notAfter }
}

async function renewAlone(
  context: RunnerOptions['context'],
  access: ServerAccess,
  specFile: string,
): Promise<JobResult> {
  const { changed, notAfter, closed } = await renew(context, specFile)
  if (changed) await reload(access)
  return {
    ok: true,
    summary: `${changed ? 'the server certificate was renewed' : 'the server certificate is good'} until ${notAfter}${closed === undefined ? '' : `; pgherd up installs the next one, since the agent may not read ${closed}`}`,
  }
}

/** Renews what is due of any member and has it served, unless somebody changes the cluster just now. */
async function renewInCluster(
  { topology, spec, member, signal, report, now }: OperationContext,
  access: ClusterAccess,
  sites: readonly CertifiedSite[],
): Promise<JobResult> {
  const busy = holderAtWork(operationLock(member.paths.state))
  if (busy) return { ok: true, summary: `put off: ${busy.purpose} is at work` }
  const { renewed, takenUp, postponed } = await renewDue({
    access,
    sites,
    signal,
    report,
    now,
    renewBeforeSeconds: spec.tls.renewBefore,
  })
  const parts = [
    renewed.length > 0 ? `renewed for ${renewed.join(', ')} and seen to be served` : '',
    takenUp.length > 0 ? `taken up by ${takenUp.join(', ')}` : '',
    postponed.length > 0 ? `put off for ${postponed.join(', ')}, until it streams` : '',
  ].filter((part) => part !== '')
  const state = parts.length > 0 ? parts.join('; ') : `good for all ${topology.members.length} members`
  return { ok: true, summary: `the certificates are ${state}` }
}

/** The program's own files cannot be read any more, since the rights of root were given up. */
function isUnloadable(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ERR_MODULE_NOT_FOUND', 'EACCES'].includes(String(error.code))
  )
}

/** Whether a certificate will have to be issued in the coming week, as far as can be told now. */
export function renewalIsNear(topology: Topology, now: Date): boolean {
  const { spec, members } = topology
  if (spec.tls.certificate) return false
  const renewBefore = spec.tls.renewBefore + 7 * 86_400
  return members.some((member) => {
    const { directory, hosts } = certificateRequest(topology, member)
    return inspectCertificate(certificateFiles(directory), { hosts, renewBefore, now }).state !== 'good'
  })
}

/** Makes the server read its files again, certificates included (PostgreSQL docs 18.9.5). */
async function reload(access: ServerAccess): Promise<void> {
  if (!access.superuser) return
  const client = new pg.Client({
    ...access.superuser('postgres'),
    application_name: 'pgherd_agent',
    connectionTimeoutMillis: 3000,
    query_timeout: 3000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select pg_reload_conf()')
  } finally {
    await client.end().catch(() => undefined)
  }
}
