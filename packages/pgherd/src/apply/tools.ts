import { dirname } from 'node:path'
import type { WriteHost } from '../hosts/host.ts'
import { portTaken } from '../hosts/local/port-taken.ts'
import { SecretStore } from '../hosts/secret-store.ts'
import { ensureCertificates } from '../pki/ensure.ts'
import { installOwnCertificate } from '../pki/install-own.ts'
import type { Spec } from '../spec/schema.ts'
import type { Programs, RunAs } from '../topology/host-facts.ts'
import { isCluster, type Member, type Topology } from '../topology/topology.ts'
import { patroniTools } from './patroni-tools.ts'
import type { ApplyTools } from './executor.ts'
import { Journal } from './journal.ts'
import { knownSecrets } from './known-secrets.ts'
import { observeCertificate } from './observe-certificate.ts'

export interface ToolsOptions {
  readonly host: WriteHost
  readonly topology: Topology
  readonly member: Member
  readonly spec: Spec
  readonly specFile: string
  readonly runAs: RunAs
  readonly programs: Programs
  /** Makes a key for the backups; apply/ does not know their format. */
  readonly generateBackupKey: () => Promise<string>
  /** True when the repository holds backups that only the present key opens; apply/ does not know its format either. */
  readonly backupsExist: () => boolean
}

/** Puts together what carrying out a plan needs on this machine. */
export function applyTools({
  host,
  topology,
  member,
  spec,
  specFile,
  runAs,
  programs,
  generateBackupKey,
  backupsExist,
}: ToolsOptions): ApplyTools {
  const { paths } = member
  const secrets = new SecretStore({
    directory: paths.secrets,
    runAs,
    baseDirectory: dirname(specFile),
    generateBackupKey,
    backupsExist,
  })
  const certificate = { runAs, renewBeforeSeconds: spec.tls.renewBefore, baseDirectory: dirname(specFile) }
  const access = { topology, programs, readSecret: (id: string) => secrets.read(id) }
  return {
    host,
    ...(isCluster(topology) ? { cluster: patroniTools(access) } : {}),
    secrets: {
      provide: (id, reference, as) => secrets.provide(id, reference, as),
      read: (id) => secrets.read(id),
    },
    observer: {
      host,
      secrets: knownSecrets(secrets),
      portTaken,
      interrupted: () => Journal.interrupted(paths.journal),
      certificate: (wanted) =>
        Promise.resolve(observeCertificate(wanted, { ...certificate, now: new Date() })),
    },
    certificates: {
      async issue(request) {
        await ensureCertificates({ ...request, ...certificate, now: new Date() })
      },
      install({ directory, cert, key, ca }, hosts) {
        installOwnCertificate({
          name: 'server',
          directory,
          source: { cert, key, ca },
          hosts,
          ...certificate,
          now: new Date(),
        })
        return Promise.resolve()
      },
    },
  }
}
