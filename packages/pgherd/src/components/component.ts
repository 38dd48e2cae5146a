import type { Setting } from '../tuning/setting.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import type { Member, Topology } from '../topology/topology.ts'

/** What happens to users when this file changes. */
export type OnChange = 'nothing' | 'reload' | 'restart'

/** A file as it should be. Equal digests mean equal meaning: comments and order may be left out of it. */
export interface RenderedFile {
  readonly path: string
  /** May hold `{{secret:ID}}` gaps (see secrets/secret.ts). */
  readonly contents: string
  readonly mode: 0o600 | 0o644 | 0o700 | 0o755
  /** Who owns it: the user the servers run as, or the user who runs pgherd (root when root). */
  readonly owner: 'run-as' | 'invoker'
  readonly secret: boolean
  readonly digest: string
  readonly onChange: OnChange
  /** The unit to reload or restart. */
  readonly unit?: string
}

/** A long-running program, run by the host's service manager. */
export interface Unit {
  readonly name: string
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDirectory: string
  /**
   * `run-as`: started as that user. `drops`: started as the invoker, drops to run-as by itself once loaded. `invoker`:
   * keeps the rights of whoever runs pgherd; it may trust nothing that the run-as user can write.
   */
  readonly user: 'run-as' | 'drops' | 'invoker'
  readonly after: readonly string[]
  readonly stop: {
    readonly signal: 'SIGINT' | 'SIGTERM'
    readonly timeoutSeconds: number
    readonly thenSignal?: 'SIGQUIT' | 'SIGKILL'
  }
  readonly reload?: { readonly signal: 'SIGHUP' }
  readonly logFile: string
}

/** What pure rendering may look at. */
export interface RenderInput {
  readonly topology: Topology
  readonly member: Member
  readonly facts: HostFacts
  /** Server settings with their reasons, from tuning/. */
  readonly settings: readonly Setting[]
  /** How to start pgherd's own programs here: argv of node and the script. */
  readonly self: {
    readonly node: string
    readonly agentScript: string
    readonly fenceScript: string
    readonly drillsScript: string
    /** The command line itself. */
    readonly commandScript: string
    readonly specFile: string
  }
}

/** A program that is part of a member: pure rendering of its files and units. */
export interface Component {
  readonly name: string
  runsOn(member: Member, topology: Topology): boolean
  files(input: RenderInput): readonly RenderedFile[]
  units(input: RenderInput): readonly Unit[]
  /** argv of the component's own configuration check for a rendered file, run in tests. */
  validator?(file: RenderedFile, input: RenderInput): readonly string[] | undefined
}
