import { setTimeout as sleep } from 'node:timers/promises'
import { Server as TlsServer } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { DrillsObservation, InstalledObservation, KeptDataObservation } from '../checks/observation.ts'
import type { ClusterAccess } from '../cluster/access.ts'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Spec } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import type { Member } from '../topology/topology.ts'
import type { Clock } from './clock.ts'
import { ClusterKeeper } from './cluster-keeper.ts'
import { giveBackMemory } from './give-back-memory.ts'
import type { HttpOptions } from './http/parts.ts'
import { httpServer, listen } from './http/server.ts'
import type { Log } from './log.ts'
import { Collector } from './metrics/collector.ts'
import type { Family } from './metrics/family.ts'
import { platformFamilies } from './metrics/platform.ts'
import { Heartbeat } from './monitor/heartbeat.ts'
import { MonitorSession } from './monitor/monitor-session.ts'
import { Observer, type ObserverParts } from './observer.ts'
import type { JobRunner } from './scheduler/job.ts'
import type { Schedule } from './scheduler/schedule.ts'
import { Scheduler } from './scheduler/scheduler.ts'
import type { ServerAccess } from './server-access.ts'
import type { ArchiveSource, CatalogueSource, ClusterSource, UnitSource } from './sources.ts'

export interface DaemonOptions {
  readonly spec: Spec
  readonly member: Member
  readonly facts: HostFacts
  readonly access: ServerAccess
  readonly clock: Clock
  readonly log: Log
  readonly runner: JobRunner
  readonly catalogue: CatalogueSource
  readonly archive: ArchiveSource
  readonly units: UnitSource
  readonly certificates: ObserverParts['certificates']
  /** Absent for a single server. */
  readonly cluster?: {
    readonly source: ClusterSource
    readonly access: ClusterAccess
    /** Who changes it from the command line right now. */
    readonly atWork: () => string | undefined
  }
  /** Reads how drills went; absent for a single server. */
  readonly drills?: () => DrillsObservation
  /** Looks for data directories that restores have put aside. */
  readonly keptData?: () => Promise<readonly KeptDataObservation[]>
  /** Asks the programs that a restart would start for their versions. */
  readonly installed?: () => Promise<InstalledObservation>
  /** The agent's token. */
  readonly token: () => Promise<string>
  /** Certificate and key to serve with; undefined on loopback. */
  readonly tls: () => Promise<HttpOptions['tls']>
}

const questionDeadlineMs = 2500
const relistenMs = 5000
/** Figures older than this are gathered anew for a scrape, which waits at most `scrapeWaitMs` for them. */
const freshMs = 5000
const scrapeWaitMs = 1000
const gatherEveryMs = 10_000

/** When the jobs of a spec run; certificates are looked at every hour, and at the start. */
export function schedulesOf(spec: Spec): readonly Schedule[] {
  return [
    { kind: 'backup', cron: spec.backups.schedule },
    { kind: 'proof', cron: spec.backups.proof.schedule },
    { kind: 'certificates', everySeconds: 3600 },
  ]
}

/** Everything the agent does, put together; `stop` ends it in an orderly way. */
export class Daemon {
  readonly #options: DaemonOptions
  readonly #stop = new AbortController()
  readonly #heartbeat: Heartbeat
  readonly #questions: MonitorSession
  readonly #collector: Collector
  readonly #startedAt: number
  readonly scheduler: Scheduler
  readonly observer: Observer
  readonly #keeper: ClusterKeeper | undefined
  #app: FastifyInstance | undefined
  #gatherTimer: NodeJS.Timeout | undefined
  /** Whether the HTTP interface could be opened. */
  listening = false

  constructor(options: DaemonOptions) {
    const { access, clock, log, spec, member, facts, runner } = options
    this.#options = options
    this.#startedAt = clock.now().getTime() / 1000
    this.#questions = new MonitorSession(access.monitor('postgres'))
    this.#collector = new Collector({ access, clock, major: facts.postgres.major, session: this.#questions })
    this.#heartbeat = new Heartbeat(access, clock, (now, before) => {
      const fields = { before: before.state, state: now.state, reason: now.reason }
      if (now.state === 'up') log.info(fields, 'PostgreSQL answers')
      else log.error(fields, `PostgreSQL is ${now.state}`)
      if (now.state !== 'up') this.#collector.clear()
      void this.observer.refresh()
    })
    this.scheduler = new Scheduler({
      schedules: schedulesOf(spec),
      clock,
      log,
      file: `${member.paths.run}/jobs.json`,
      runner: {
        run: async (kind, context) => {
          // a job is done when the status shows what it did
          const result = await runner
            .run(kind, context)
            .finally(() => this.observer.renew(kind === 'certificates' ? 'certificates' : 'catalogue'))
          setTimeout(giveBackMemory, 1000).unref()
          if (kind === 'certificates' && result.ok) await this.#reloadTls()
          return result
        },
      },
    })
    const { cluster, ...rest } = options
    this.#keeper =
      cluster &&
      new ClusterKeeper({
        ...cluster,
        clock,
        log,
        view: () => this.observer.view,
        askPrimary: (text) => this.#ask(text),
      })
    this.observer = new Observer({
      ...rest,
      ...(cluster ? { cluster: cluster.source } : {}),
      heartbeat: this.#heartbeat,
      scheduler: this.scheduler,
      ask: (_, text) => this.#ask(text),
      kept: () => this.#keeper?.findings ?? [],
    })
  }

  /** Starts everything. The HTTP interface is opened last and again and again: nothing else depends on it. */
  start(): void {
    this.#heartbeat.start()
    this.observer.start()
    this.scheduler.start()
    this.#keeper?.start()
    this.#gatherTimer = setInterval(() => void this.#gather(gatherEveryMs - 500), gatherEveryMs)
    void this.#openHttp()
  }

  #ask(text: string) {
    return this.#questions.ask(text, questionDeadlineMs)
  }

  async #gather(maxAgeMs: number): Promise<void> {
    if (this.#heartbeat.server.state === 'up') await this.#collector.refresh(maxAgeMs)
  }

  async #metrics(): Promise<readonly Family[]> {
    await Promise.race([this.#gather(freshMs), sleep(scrapeWaitMs, undefined, { ref: false })])
    const { user, system } = process.cpuUsage()
    const own = platformFamilies({
      observation: this.observer.observation(),
      findings: this.observer.findings,
      cost: this.#collector.cost,
      now: this.#options.clock.now(),
      process: {
        residentBytes: process.memoryUsage.rss(),
        cpuSeconds: (user + system) / 1e6,
        startedAt: this.#startedAt,
      },
    })
    return [...own, ...this.#collector.families()]
  }

  async #openHttp(): Promise<void> {
    const { spec, log } = this.#options
    const address = spec.agent.listen
    let told = ''
    while (!this.#stop.signal.aborted) {
      try {
        const tls = await this.#options.tls()
        const options: HttpOptions = {
          address,
          port: spec.agent.port,
          names: spec.tls.hosts,
          ...(tls && { tls }),
        }
        const app = await this.#http(options)
        this.#app = app
        await listen(app, options)
        this.listening = true
        log.info({ address, port: spec.agent.port, tls: tls !== undefined }, 'the HTTP interface is open')
        return
      } catch (error) {
        await this.#app?.close()
        const finding = error instanceof DiagnosticError ? error.diagnostics[0] : undefined
        const message = finding?.detail ?? (error instanceof Error ? error.message : String(error))
        if (message !== told) log.error({ code: finding?.code, mend: finding?.mend }, message)
        told = message
        await sleep(relistenMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      }
    }
  }

  #http(options: HttpOptions): Promise<FastifyInstance> {
    const { catalogue, clock, log, token } = this.#options
    const queue = this.scheduler.queue
    return httpServer(
      {
        clock,
        log,
        token,
        server: () => this.#heartbeat.server,
        status: () => this.observer.status(),
        current: () => this.observer.current(),
        metrics: () => this.#metrics(),
        ask: (_, text) => this.#ask(text),
        backups: () => catalogue.backups(),
        proofs: () => catalogue.proofs(),
        jobs: {
          list: () => queue.history,
          find: (id) => queue.find(id),
          underWay: (kind) => queue.underWay(kind),
          request: (kind) => this.scheduler.request(kind),
          nextRun: (kind) => this.scheduler.nextRun(kind),
        },
      },
      options,
    )
  }

  /** Takes a renewed certificate into use without dropping connections. */
  async #reloadTls(): Promise<void> {
    const server: unknown = this.#app?.server
    if (!(server instanceof TlsServer)) return
    const tls = await this.#options.tls()
    if (tls) server.setSecureContext({ ...tls, minVersion: 'TLSv1.3' })
  }

  /** Ends everything within `deadlineMs`: jobs are interrupted and recorded, received WAL is archived. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stop.abort()
    clearInterval(this.#gatherTimer)
    this.observer.stop()
    this.#keeper?.stop()
    const ending = Promise.allSettled([
      this.#app?.close(),
      this.scheduler.stop(deadlineMs - 500),
      this.#options.archive.stop(),
    ])
    await Promise.race([ending, sleep(deadlineMs, undefined, { ref: false })])
    this.#heartbeat.stop()
    await this.#questions.close()
  }
}
