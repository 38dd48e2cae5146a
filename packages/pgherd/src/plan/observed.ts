import type { DeclaredObjects } from '../components/postgres/objects/declared.ts'
import type { ObservedObjects } from '../components/postgres/objects/observed.ts'
import type { ClusterView } from './cluster-view.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'

/** What was found on a member. A value: the plan is a pure function of this and the wanted state. */
export interface Observed {
  /** Mode of each wanted directory; absent when it is missing. */
  readonly directories: Readonly<Record<string, number>>
  readonly secrets: readonly string[]
  readonly certificate: ObservedCertificate
  readonly data: ObservedData
  readonly files: Readonly<Record<string, ObservedFile>>
  readonly units: readonly ObservedUnit[]
  /** Ports of wanted units that are not running, taken by somebody else. */
  readonly portsTaken: readonly number[]
  readonly server: ObservedServer
  /** Units the last run was to reload or restart when it was cut off: they may run with files of before. */
  /** What the cluster's own programs say; absent for a single server and while nobody answers. */
  readonly cluster?: ClusterView
  readonly owed: Readonly<Record<string, 'reload' | 'restart'>>
  /** What the last finished `up` left behind; absent before the first. */
  readonly applied?: Applied
  /** Findings that make any change unsafe or impossible, found while looking. */
  readonly blocked: readonly Diagnostic[]
}

export interface ObservedCertificate {
  readonly state: 'missing' | 'good' | 'renew'
  /** Why it must be renewed, in words. */
  readonly why?: string
  readonly notAfter?: string
  /** What makes the user's own certificate unusable. */
  readonly blocked?: readonly Diagnostic[]
}

export type ObservedData =
  /** The member holds no database, and is to hold none. */
  | { readonly state: 'none' }
  | { readonly state: 'missing' | 'empty' }
  | { readonly state: 'foreign'; readonly holds: readonly string[] }
  | { readonly state: 'cluster'; readonly major: number; readonly systemId: string }

export interface ObservedFile {
  readonly digest: string
  readonly mode: number
  /** Contents, for files that hold no secret: shows a difference and tells reload from restart. */
  readonly contents?: string
}

export interface ObservedUnit {
  readonly name: string
  readonly state: 'running' | 'starting' | 'stopped' | 'backing-off' | 'failed'
  /** False when the process runs and nobody would start it again. */
  readonly supervised: boolean
  readonly definition?: string
}

export type ObservedServer =
  | { readonly state: 'stopped' }
  /** It should answer and does not: frozen, still recovering, or out of connections. */
  | { readonly state: 'unreachable'; readonly why: string }
  /** It takes writes. */
  | (RunningServer & { readonly state: 'running'; readonly objects: ObservedObjects })
  /** It follows another server, whose objects it has: they are not looked at here. */
  | (RunningServer & { readonly state: 'standby' })

/** Whether the server answers, as primary or standby. */
export function isUp(server: ObservedServer): server is Extract<ObservedServer, RunningServer> {
  return server.state === 'running' || server.state === 'standby'
}

export interface RunningServer {
  readonly pendingRestart: readonly string[]
  /** Settings whose value in force comes from postgresql.auto.conf, not from the rendered file. */
  readonly overriding: readonly string[]
  /** Settings of postgresql.auto.conf: what somebody set by ALTER SYSTEM. */
  readonly autoConf: Readonly<Record<string, string>>
  /** Values in force of the settings a standby must not have lower than its primary, by name. */
  readonly limits?: Readonly<Record<string, string>>
}

/** Written after every finished `up`; tells a change of the spec from drift. */
export interface Applied {
  readonly at: string
  /** Absent on a gateway, which holds no database. */
  readonly systemId?: string
  readonly files: Readonly<Record<string, string>>
  readonly objects: DeclaredObjects
  /** The servers there were, on the home of a cluster. */
  readonly servers?: readonly { readonly name: string; readonly address: string }[]
  /** Patroni's dynamic configuration as it was left, on the servers of a cluster. */
  readonly dynamicConfig?: Readonly<Record<string, unknown>>
}
