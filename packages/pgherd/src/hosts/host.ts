import type { RenderedFile, Unit } from '../components/component.ts'
import type { HostFacts } from '../topology/host-facts.ts'

export interface Exit {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface UnitState {
  readonly name: string
  readonly state: 'running' | 'starting' | 'stopped' | 'backing-off' | 'failed'
  readonly pid?: number
  readonly since?: string
  readonly restarts: number
  /** False when the process runs and nobody would start it again: the supervisor is gone, `startUnit` brings it back. */
  readonly supervised: boolean
  /** Digest of the definition the running process was started with. */
  readonly definition?: string
  /** Last exit, in words: `exited with code 1`, `killed by SIGKILL`. */
  readonly lastExit?: string
}

/** A question as data: pure code judges the answer. */
export type Probe<F> =
  | {
      readonly kind: 'sql'
      readonly database: string
      readonly text: string
      readonly parse: (rows: readonly Record<string, unknown>[]) => F
    }
  | {
      readonly kind: 'http'
      readonly url: string
      readonly timeoutMs: number
      readonly parse: (status: number, body: string) => F
    }
  | { readonly kind: 'exec'; readonly argv: readonly string[]; readonly parse: (exit: Exit) => F }

/** Looks at one machine; changes nothing. */
export interface ReadHost {
  readonly member: string
  facts(): Promise<HostFacts>
  readFile(path: string): Promise<string | undefined>
  /** Mode, owner and kind of a path; undefined when there is none. */
  stat(
    path: string,
  ): Promise<
    { readonly mode: number; readonly uid: number; readonly kind: 'file' | 'directory' | 'other' } | undefined
  >
  units(): Promise<readonly UnitState[]>
  probe<F>(probe: Probe<F>): Promise<F>
}

/** Changes one machine. Held by apply/ alone. */
export interface WriteHost extends ReadHost {
  makeDirectory(path: string, mode: number, owner: RenderedFile['owner']): Promise<void>
  /** Temporary file, fsync, rename, fsync of the directory: whole or not at all. */
  writeFile(file: Pick<RenderedFile, 'path' | 'contents' | 'mode' | 'owner'>): Promise<void>
  /** Refuses paths outside the member's state directory. */
  removeOwned(path: string): Promise<void>
  /** Renames within the member's state directory; refuses to overwrite anything but an empty directory. */
  moveOwned(from: string, to: string): Promise<void>
  startUnit(unit: Unit): Promise<void>
  stopUnit(name: string): Promise<void>
  restartUnit(unit: Unit): Promise<void>
  reloadUnit(unit: Unit): Promise<void>
  /** Runs as the run-as user. argv only, never a shell string. */
  exec(
    argv: readonly string[],
    options?: { readonly env?: Record<string, string>; readonly input?: string },
  ): Promise<Exit>
  sql(
    database: string,
    statements: readonly { readonly text: string; readonly alone?: boolean }[],
  ): Promise<void>
  /** Left out where faults cannot be made. */
  readonly faults?: FaultInjector
}

/** Makes one member fail as machines do, for drills. Everything can be called again, also after a pgherd that was killed. */
export interface FaultInjector {
  /**
   * Cuts the member off from all others and the gateway, both ways, while its own processes go on talking to each other.
   * With `ports` only servers on these are out of reach: its own for all others, and those of all others for it.
   */
  isolate(ports?: readonly number[]): Promise<void>
  /** Takes back what `isolate` did. */
  rejoin(): Promise<void>
  /** SIGKILL for every process of the member, those that would start others first: it stays dead until `allowStart`. */
  killEverything(): Promise<void>
  /** Lets what should run be started again. */
  allowStart(): Promise<void>
  /** SIGSTOP for every process of it; `replay` is the process of a standby that replays WAL. */
  freeze(what: 'postgres' | 'patroni' | 'replay'): Promise<void>
  /** SIGCONT for every process of it. */
  thaw(what: 'postgres' | 'patroni' | 'replay'): Promise<void>
  /** SIGKILL for its main process alone, as by the kernel when memory runs out; what looks after it may start it again. */
  kill(what: 'postgres' | 'patroni' | 'etcd'): Promise<void>
}
