import { existsSync, readFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import type { ApplyTools } from '../apply/executor.ts'
import { embeddedBuild } from '../checks/embedded-build.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import type { WriteHost } from '../hosts/host.ts'
import { ensureRunAsAccount, findInvoker, findRunAs } from '../hosts/local/accounts.ts'
import { findPostgres } from '../hosts/local/binaries.ts'
import { operationLock, requireLock, type Lock } from '../hosts/local/lock.ts'
import { findPlacement, preparePlacement } from '../hosts/local/placement.ts'
import { clientAddress } from '../operations/client-address.ts'
import type { OperationContext, Site } from '../operations/context.ts'
import type { UpOptions } from '../operations/up.ts'
import type { Wanted } from '../plan/wanted.ts'
import type { Spec } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import { isCluster, layOut, type Member, type Topology } from '../topology/topology.ts'
import type { Setting } from '../tuning/setting.ts'
import type { Globals, Invocation } from './command.ts'
import { clusterObserver } from './cluster-observer.ts'
import { loadSpec } from './load-spec.ts'
import { requirePackages } from './require-packages.ts'
import { openSites } from './open-sites.ts'

/** Everything a verb works with, put together once: the one place where the parts meet. */
export interface Session {
  readonly spec: Spec
  readonly specFile: string
  readonly specText: string
  readonly state: string
  readonly topology: Topology
  /** Every member with its machine. */
  readonly sites: readonly Site[]
  /** How the parts of a cluster are reached; undefined for a single server. */
  readonly cluster: ClusterAccess | undefined
  /** What bringing up, planning and adopting look at. */
  readonly up: Pick<UpOptions, 'sites' | 'cluster'>
  /** The home: the only member, or the gateway of a cluster; the following are its own. */
  readonly member: Member
  readonly facts: HostFacts
  readonly settings: readonly Setting[]
  /** Warnings about the spec and the machine. */
  readonly findings: readonly Diagnostic[]
  readonly wanted: Wanted
  readonly host: WriteHost
  readonly tools: ApplyTools
  /** Where clients connect. */
  readonly server: { readonly host: string; readonly port: number; readonly ca: string }
  readSecret(id: string): Promise<string>
  context(invocation: Invocation): OperationContext
  /** Throws DiagnosticError LOCKED when another pgherd changes this database. */
  lock(purpose: string): Lock
  /** When the first of the members' certificates ends, RFC 3339; undefined when there is none. */
  certificateEnd(): string | undefined
}

export interface SessionOptions {
  /** Make what the machine needs first: account, state directory, programs. For `up` alone. */
  readonly prepare?: boolean
  /** Install the Debian packages a cluster needs and lacks. */
  readonly install?: boolean
  /** Fall back to the spec of the last `up` when the file is gone: for what must work all the same. */
  readonly savedSpec?: boolean
}

export async function openSession(globals: Globals, options: SessionOptions = {}): Promise<Session> {
  const invoker = findInvoker()
  const { spec, text, file, warnings, state } = await loadSpec(globals, options.savedSpec === true)
  const runAs = options.prepare === true ? ensureRunAsAccount(invoker) : findRunAs(invoker)
  const placement = findPlacement({
    specFile: file,
    name: spec.name,
    runAs,
    invoker,
    ...(state === undefined ? {} : { state }),
  })
  await requirePackages(spec, options.install === true)
  if (options.prepare === true) {
    preparePlacement(placement)
    findPostgres(spec.postgres, { runAs, state: placement.state, prepare: true })
  }
  const topology = layOut(spec, placement)
  const { sites, settings, findings, home } = await openSites(topology, { file, runAs, invoker })
  const { member, facts, wanted, host, tools } = home
  const cluster = isCluster(topology)
    ? { topology, programs: facts.programs, readSecret: (id: string) => tools.secrets.read(id) }
    : undefined
  return {
    spec,
    specFile: file,
    specText: text,
    state: placement.state,
    topology,
    sites,
    cluster,
    up: { sites, ...(cluster ? { cluster: clusterObserver(cluster, sites) } : {}) },
    member,
    facts,
    settings,
    findings: [
      ...warnings,
      ...findings,
      ...embeddedBuild.judge(facts.postgres, { spec, member, now: new Date() }),
    ],
    wanted,
    host,
    tools,
    server: {
      host: cluster ? member.address : clientAddress(spec),
      port: cluster ? member.ports.pooler : member.ports.postgres,
      ca: join(member.paths.tls, 'ca.crt'),
    },
    readSecret: (id) => tools.secrets.read(id),
    context: ({ output, signal }) => ({
      spec,
      topology,
      member,
      facts,
      sites,
      ...(cluster ? { cluster } : {}),
      signal,
      readSecret: (id) => tools.secrets.read(id),
      report: (message, share) => output.progress(message, share),
      now: () => new Date(),
    }),
    lock(purpose) {
      if (!existsSync(placement.state)) throw neverUp(spec, placement.state)
      return requireLock(operationLock(placement.state), purpose)
    },
    certificateEnd() {
      const ends = topology.members
        .map(({ paths }) => join(paths.tls, 'server.crt'))
        .filter((file) => existsSync(file))
        .map((file) => Date.parse(new X509Certificate(readFileSync(file)).validTo))
      return ends.length === 0 ? undefined : new Date(Math.min(...ends)).toISOString()
    },
  }
}

function neverUp(spec: Spec, state: string): DiagnosticError {
  return new DiagnosticError(
    diagnose('DATABASE_NEVER_UP', {
      detail: `there is no state of "${spec.name}" in ${state}, so there is nothing to work on`,
      mend: mend.run('pgherd', 'up'),
    }),
  )
}
