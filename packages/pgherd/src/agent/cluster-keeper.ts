import type { ClusterAccess } from '../cluster/access.ts'
import { DiagnosticError, diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { expirePause } from '../operations/pause/run-pause.ts'
import type { HealingPolicy } from '../operations/rejoin/decide.ts'
import { healMembers, type HealingOptions } from '../operations/rejoin/heal-members.ts'
import { resumeForgottenPools } from '../operations/switchover/resume-pools.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import { homeOf } from '../topology/topology.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

export interface KeeperParts {
  readonly access: ClusterAccess
  readonly clock: Clock
  readonly log: Log
  /** The newest look at the cluster; null while there is none. */
  readonly view: () => ClusterView | null
  /** A question to the primary, as pgherd_monitor. */
  readonly askPrimary: NonNullable<HealingOptions['askPrimary']>
  /** Who changes the cluster from the command line right now. */
  readonly atWork: () => string | undefined
  readonly policy?: HealingPolicy
  /** Seconds between two rounds. */
  readonly everySeconds?: number
}

/** What was done by itself is told for so long, in milliseconds. */
const toldForMs = 3_600_000

/** How long Patroni may take to end a pause before it is asked again. */
const unpauseMs = 40_000

/**
 * The loop that keeps the promises of a cluster while nobody looks: forgotten pools are resumed, a pause of automation ends
 * at its time, and a member that does not come back is cloned anew, or somebody is told. It needs no rights on the members:
 * it speaks with Patroni, PgBouncer and the primary over the network.
 */
export class ClusterKeeper {
  readonly #parts: KeeperParts
  readonly #stop = new AbortController()
  readonly #underWay = new Map<string, Promise<void>>()
  readonly #failed = new Map<string, readonly Diagnostic[]>()
  #timer: NodeJS.Timeout | undefined
  #seen: ClusterView | null = null
  #stuck: readonly Diagnostic[] = []
  #told: { readonly until: number; readonly finding: Diagnostic }[] = []

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  start(): void {
    this.#timer = setInterval(() => void this.round(), (this.#parts.everySeconds ?? 3) * 1000)
  }

  stop(): void {
    this.#stop.abort()
    clearInterval(this.#timer)
  }

  /** What it could not mend, and what it has done in the last hour. */
  get findings(): readonly Diagnostic[] {
    const now = this.#parts.clock.monotonic()
    this.#told = this.#told.filter(({ until }) => until > now)
    const own = [...[...this.#failed.values()].flat(), ...this.#told.map(({ finding }) => finding)]
    const member = homeOf(this.#parts.access.topology).name
    return [...this.#stuck, ...own.map((finding) => ({ ...finding, at: { member, ...finding.at } }))]
  }

  /** Looks after everything once. None of it waits for another, and none runs twice at once. Never rejects. */
  async round(): Promise<void> {
    await Promise.all([
      this.#once('resuming forgotten pools', () => this.#resumePools()),
      this.#once('ending the pause of automation', () => this.#endPause()),
      this.#once('bringing members back', () => this.#heal()),
    ])
  }

  #once(what: string, work: () => Promise<void>): Promise<void> {
    const underWay = this.#underWay.get(what)
    if (underWay) return underWay
    const begun = this.#try(what, work).finally(() => this.#underWay.delete(what))
    this.#underWay.set(what, begun)
    return begun
  }

  async #resumePools(): Promise<void> {
    const { access, clock } = this.#parts
    const finding = await resumeForgottenPools(access, clock.now())
    if (finding) this.#tell(finding)
  }

  async #endPause(): Promise<void> {
    const { access, clock } = this.#parts
    const signal = AbortSignal.any([AbortSignal.timeout(unpauseMs), this.#stop.signal])
    if (!(await expirePause(access, clock.now(), signal))) return
    this.#tell(
      diagnose('AUTOMATION_RESUMED', {
        detail: 'the time for which automation was paused is over, and Patroni fails over by itself again',
        mend: mend.advice('nothing is to be done; pgherd pause --for sets another end'),
      }),
    )
  }

  async #heal(): Promise<void> {
    const { access, clock, log, askPrimary, policy } = this.#parts
    const view = this.#parts.view()
    // each look counts once; without a new one nothing is known
    if (!view || view === this.#seen) return
    this.#seen = view
    const atWork = this.#parts.atWork()
    const { acts, findings } = await healMembers({
      access,
      view,
      askPrimary,
      now: () => clock.now(),
      ...(policy ? { policy } : {}),
      ...(atWork === undefined ? {} : { atWork }),
    })
    for (const act of acts)
      if (act.do === 'reinitialize')
        log.warn({ member: act.member, attempt: act.attempt }, `${act.member} is cloned anew: ${act.because}`)
    for (const finding of findings)
      if (!this.#stuck.some(({ at }) => at.member === finding.at.member))
        log.error({ code: finding.code, member: finding.at.member }, finding.detail)
    this.#stuck = findings
  }

  #tell(finding: Diagnostic): void {
    const { clock, log } = this.#parts
    log.warn({ code: finding.code }, finding.detail)
    this.#told.push({ until: clock.monotonic() + toldForMs, finding })
  }

  /** What fails is told as long as it fails, and tried again in the next round. */
  async #try(what: string, work: () => Promise<void>): Promise<void> {
    if (this.#stop.signal.aborted) return
    try {
      await work()
      this.#failed.delete(what)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      if (!this.#failed.has(what)) this.#parts.log.error({ err: error }, `${what} failed`)
      this.#failed.set(what, error instanceof DiagnosticError ? error.diagnostics : [failing(what, error)])
    }
  }
}

function failing(what: string, error: unknown): Diagnostic {
  return diagnose('KEEPER_FAILING', {
    detail: `${what} does not succeed: ${error instanceof Error ? error.message : String(error)}; it is tried again every few seconds`,
    mend: mend.run('pgherd', 'logs', 'agent'),
  })
}
