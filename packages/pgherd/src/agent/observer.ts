import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  CatalogueObservation,
  CertificateObservation,
  DrillsObservation,
  InstalledObservation,
  KeptDataObservation,
  Observation,
  UnitObservation,
} from '../checks/observation.ts'
import { byRank, runChecks, type AnswerCache, type AskSql } from '../checks/run-checks.ts'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ClusterView } from '../plan/cluster-view.ts'
import type { Spec } from '../spec/schema.ts'
import type { HostFacts } from '../topology/host-facts.ts'
import type { Member } from '../topology/topology.ts'
import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Heartbeat } from './monitor/heartbeat.ts'
import type { Scheduler } from './scheduler/scheduler.ts'
import { readServerFacts, type ServerFacts } from './server-facts.ts'
import { clusterPart } from './cluster-source.ts'
import type { ArchiveSource, CatalogueSource, ClusterLook, ClusterSource, UnitSource } from './sources.ts'
import { statusDocument, type StatusDocument } from './status-document.ts'
import { RestartHistory } from './units.ts'
import { readVolumes } from './volumes.ts'

export interface ObserverParts {
  readonly spec: Spec
  readonly member: Member
  readonly facts: HostFacts
  readonly clock: Clock
  readonly log: Log
  readonly heartbeat: Pick<Heartbeat, 'server'>
  readonly scheduler: Pick<Scheduler, 'observe'>
  readonly archive: Pick<ArchiveSource, 'observe'>
  readonly catalogue: Pick<CatalogueSource, 'read'>
  readonly units: UnitSource
  readonly ask: AskSql
  /** Reads the certificates of every member. */
  readonly certificates: () => Promise<readonly CertificateObservation[]>
  /** The cluster as a whole; absent for a single server. */
  readonly cluster?: ClusterSource
  /** What the agent found while it looked after the cluster. */
  readonly kept?: () => readonly Diagnostic[]
  /** Reads how drills went; absent for a single server. */
  readonly drills?: () => DrillsObservation
  /** Looks for data directories that restores have put aside. */
  readonly keptData?: () => Promise<readonly KeptDataObservation[]>
  /** Asks the programs that a restart would start for their versions. */
  readonly installed?: () => Promise<InstalledObservation>
}

/** How often each slow source is read, seconds. */
const every = {
  catalogue: 15,
  volumes: 10,
  certificates: 60,
  server: 5,
  units: 5,
  cluster: 5,
  drills: 15,
  installed: 60,
  keptData: 60,
} as const

/** How long an answer waits for a fresh look, milliseconds. */
const longestLookMs = 1000

/** Keeps everything that is known about the member in memory, so that no answer waits for a disk or a server. */
export class Observer {
  readonly #parts: ObserverParts
  readonly #cache: AnswerCache = new Map()
  readonly #readAt = new Map<keyof typeof every, number>()
  #catalogue: CatalogueObservation | null = null
  /** What the repository's directories looked like when the catalogue was read. */
  #catalogueOf = ''
  #volumes: Observation['volumes'] = null
  #certificates: readonly CertificateObservation[] = []
  #server: ServerFacts | null = null
  #cluster: ClusterLook | null = null
  readonly #restarts = new RestartHistory()
  #units: readonly UnitObservation[] = []
  #drills: DrillsObservation | null = null
  /** What the directory of the drills looked like when they were read. */
  #drillsOf = ''
  #installed: InstalledObservation | null = null
  #keptData: readonly KeptDataObservation[] = []
  /** What the directory beside the data looked like then. */
  #keptDataOf = ''
  #findings: readonly Diagnostic[] = []
  #round: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: ObserverParts) {
    this.#parts = parts
  }

  start(): void {
    void this.refresh()
    this.#timer = setInterval(() => void this.refresh(), 2000)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Reads a source anew now, such as the catalogue after a backup. Never rejects. */
  async renew(source: keyof typeof every): Promise<void> {
    await this.#round
    this.#readAt.delete(source)
    await this.refresh()
  }

  get server(): ServerFacts | null {
    return this.#server
  }

  /** Errors first. */
  get findings(): readonly Diagnostic[] {
    return byRank([...this.#findings, ...(this.#parts.kept?.() ?? [])])
  }

  /** The newest look at the cluster; null while there is none, and for a single server. */
  get view(): ClusterView | null {
    return this.#cluster?.view ?? null
  }

  observation(): Observation {
    const { facts, heartbeat, archive, scheduler, clock } = this.#parts
    return {
      server: heartbeat.server,
      binaries: {
        flavour: facts.postgres.flavour,
        version: this.#server?.version ?? this.#installed?.postgres ?? facts.postgres.version,
      },
      installed: this.#installed,
      volumes: this.#volumes,
      archive: archive.observe(this.#server, clock.now()),
      catalogue: this.#catalogue,
      certificates: this.#certificates,
      keptData: this.#keptData,
      jobs: scheduler.observe(),
      units: this.#units,
      ...(this.#parts.drills && { drills: this.#drills }),
      ...(this.#parts.cluster && clusterPart(this.#cluster)),
    }
  }

  /** From memory: the checks' findings are at most two seconds old, the state of the server a quarter. */
  status(): StatusDocument {
    const { spec, member } = this.#parts
    return statusDocument({
      name: spec.name,
      member,
      observation: this.observation(),
      server: this.#server,
      findings: this.findings,
    })
  }

  /**
   * The status after a look at what has changed: a backup, a proof, a drill or a restore that the command line has just
   * made counts at once. What takes longer than a second, as on a frozen server, is left for the next round.
   */
  async current(): Promise<StatusDocument> {
    const seen = this.#repositoryStamp()
    const stale: (keyof typeof every)[] = []
    if (seen !== this.#catalogueOf) stale.push('catalogue')
    if (this.#drillsStamp() !== this.#drillsOf) stale.push('drills')
    if (this.#stateStamp() !== this.#keptDataOf) stale.push('keptData')
    if (!this.#server && this.#parts.heartbeat.server.state === 'up') stale.push('server')
    if (stale.length > 0) {
      for (const source of stale) this.#readAt.delete(source)
      await Promise.race([
        (this.#round ?? Promise.resolve()).then(() => this.refresh()),
        sleep(longestLookMs, undefined, { ref: false }),
      ])
    }
    return this.status()
  }

  /** Changes whenever a backup or a proof comes or goes: directories carry the time of their last change. */
  #repositoryStamp(): string {
    const { repository } = this.#parts.member.paths
    return ['base', 'proofs'].map((name) => changedAt(`${repository}/${name}`)).join()
  }

  #drillsStamp(): string {
    return this.#parts.drills ? String(changedAt(this.#parts.member.paths.drills)) : ''
  }

  #stateStamp(): string {
    return this.#parts.keptData ? String(changedAt(dirname(this.#parts.member.paths.data))) : ''
  }

  /** One round: reads what is due and judges. Rounds never overlap, and never reject. */
  refresh(): Promise<void> {
    this.#round ??= this.#look().finally(() => {
      this.#round = undefined
    })
    return this.#round
  }

  async #look(): Promise<void> {
    const { member, catalogue, units, ask, heartbeat, clock, spec } = this.#parts
    const { cluster, certificates, drills, installed, keptData } = this.#parts
    const up = heartbeat.server.state === 'up'
    await Promise.all([
      this.#due('catalogue', async () => {
        this.#catalogueOf = this.#repositoryStamp()
        this.#catalogue = await catalogue.read()
      }),
      this.#due('volumes', async () => void (this.#volumes = await readVolumes(member))),
      this.#due('certificates', async () => void (this.#certificates = await certificates())),
      this.#due(
        'units',
        async () => void (this.#units = this.#restarts.note(await units.read(), clock.monotonic())),
      ),
      up
        ? this.#due('server', async () => void (this.#server = await readServerFacts(ask)))
        : this.#forgetServer(),
      cluster && this.#due('cluster', async () => void (this.#cluster = await cluster.look())),
      keptData &&
        this.#due('keptData', async () => {
          const stamp = this.#stateStamp()
          this.#keptData = await keptData()
          // one that is still being measured is looked at again by the next who asks
          this.#keptDataOf = this.#keptData.some(({ bytes }) => bytes === null) ? '' : stamp
        }),
      drills &&
        this.#due('drills', async () => {
          this.#drillsOf = this.#drillsStamp()
          this.#drills = await Promise.resolve(drills())
        }),
      installed && this.#due('installed', async () => void (this.#installed = await installed())),
    ])
    const situation = { spec, member, now: clock.now() }
    this.#findings = await runChecks({
      situation,
      observation: this.observation(),
      ask,
      cache: this.#cache,
      monotonic: clock.monotonic(),
    })
  }

  #forgetServer(): Promise<void> {
    this.#server = null
    this.#cache.clear()
    this.#readAt.delete('server')
    return Promise.resolve()
  }

  async #due(source: keyof typeof every, read: () => Promise<void>): Promise<void> {
    const now = this.#parts.clock.monotonic()
    const last = this.#readAt.get(source)
    if (last !== undefined && now - last < every[source] * 1000) return
    this.#readAt.set(source, now)
    try {
      await read()
    } catch (error) {
      if (source === 'catalogue') this.#catalogue = null
      if (source === 'cluster') this.#cluster = null
      if (source === 'drills') this.#drills = null
      if (source === 'installed') this.#installed = null
      this.#parts.log.warn({ err: error, source }, `the ${source} cannot be read`)
    }
  }
}

/** When entries of a directory came or went last; 0 when it is not there. */
function changedAt(directory: string): number {
  return statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
