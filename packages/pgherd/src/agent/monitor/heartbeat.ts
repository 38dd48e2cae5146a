import type { ServerObservation } from '../../checks/observation.ts'
import type { Clock } from '../clock.ts'
import type { ServerAccess } from '../server-access.ts'
import { knock } from './door.ts'
import { MonitorSession, NoAnswerError } from './monitor-session.ts'
import { postmasterState } from './postmaster-state.ts'
import { verdict, type Pulses } from './verdict.ts'

const beatMs = 1000
const tickMs = 250
/** A server that logs connections logs each knock. */
const knockMs = 15_000
/** A probe without an answer is given up after this and sent anew; its silence goes on counting. */
const giveUpMs = 5000

interface MutablePulses {
  door: { lastGood: number | null; silentSince: number | null; reason: string | null; absent: boolean }
  session: { lastGood: number | null; silentSince: number | null; reason: string | null; refused: boolean }
}

/**
 * Knows at any moment, from memory, whether PostgreSQL answers. Two lines of probing, each with at
 * most one probe under way: the door (the postmaster) and a session (a backend that runs a query).
 */
export class Heartbeat {
  readonly #access: ServerAccess
  readonly #clock: Clock
  readonly #onChange: (now: ServerObservation, before: ServerObservation) => void
  readonly #session: MonitorSession
  readonly #pulses: MutablePulses = {
    door: { lastGood: null, silentSince: null, reason: null, absent: false },
    session: { lastGood: null, silentSince: null, reason: null, refused: false },
  }
  #timer: NodeJS.Timeout | undefined
  #lastTick = 0
  #doorBusy = false
  #sessionBusy = false
  #doorDue = 0
  #knockDue = 0
  #sessionDue = 0
  #failures = 0
  #current: ServerObservation = { state: 'unknown', silentSeconds: null, reason: null }
  readonly #stop = new AbortController()

  constructor(
    access: ServerAccess,
    clock: Clock,
    onChange: (now: ServerObservation, before: ServerObservation) => void,
  ) {
    this.#access = access
    this.#clock = clock
    this.#onChange = onChange
    // a session that ends is the first sign of a dead server: look at once
    this.#session = new MonitorSession(access.monitor('postgres'), () => {
      this.#doorDue = 0
      this.#knockDue = 0
      this.#sessionDue = 0
      setImmediate(() => this.#tick())
    })
  }

  start(): void {
    this.#lastTick = this.#clock.monotonic()
    this.#timer = setInterval(() => this.#tick(), tickMs)
    this.#tick()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#stop.abort()
    this.#session.drop()
  }

  /** The verdict of the last quarter of a second; costs nothing. */
  get server(): ServerObservation {
    return this.#current
  }

  #tick(): void {
    if (this.#stop.signal.aborted) return
    const now = this.#clock.monotonic()
    this.#forgiveOwnStall(now - this.#lastTick)
    this.#lastTick = now
    if (!this.#doorBusy && now >= this.#doorDue) void this.#askDoor(now)
    if (!this.#sessionBusy && now >= this.#sessionDue && !this.#pulses.door.absent) void this.#askSession(now)
    this.#judge()
  }

  /** When the agent itself did not run (machine asleep, agent stopped), the server is not to blame. */
  #forgiveOwnStall(gap: number): void {
    if (gap < 4 * tickMs) return
    for (const pulse of [this.#pulses.door, this.#pulses.session])
      if (pulse.silentSince !== null) pulse.silentSince += gap
  }

  /** Looks at the process every second, and knocks for an answer now and then and whenever the look tells nothing. */
  async #askDoor(now: number): Promise<void> {
    const door = this.#pulses.door
    this.#doorBusy = true
    this.#doorDue = now + beatMs
    door.silentSince ??= now
    const { pidFile } = this.#access
    // behind a router there is no process to look at: the session tells whether it answers, between the knocks
    const state = pidFile === undefined ? 'running' : await postmasterState(pidFile)
    if (state === 'running' && now < this.#knockDue) {
      Object.assign(door, {
        lastGood: this.#clock.monotonic(),
        silentSince: null,
        reason: null,
        absent: false,
      })
    } else if (state === 'stopped') {
      Object.assign(door, { reason: 'the postmaster is stopped by a signal', absent: false })
    } else await this.#knock(now)
    this.#doorBusy = false
    this.#judge()
  }

  async #knock(now: number): Promise<void> {
    const door = this.#pulses.door
    const answer = await knock(
      this.#access,
      AbortSignal.any([AbortSignal.timeout(giveUpMs), this.#stop.signal]),
    )
    door.reason = answer.reason
    door.absent = answer.result === 'absent'
    if (answer.result !== 'silent') door.silentSince = null
    if (answer.result === 'open') {
      door.lastGood = this.#clock.monotonic()
      this.#knockDue = now + knockMs
    }
    if (door.absent) {
      this.#pulses.session.silentSince = null
      this.#session.drop()
    }
  }

  async #askSession(now: number): Promise<void> {
    const session = this.#pulses.session
    this.#sessionBusy = true
    this.#sessionDue = now + beatMs
    session.silentSince ??= now
    try {
      await this.#session.ask('select 1', giveUpMs)
      session.lastGood = this.#clock.monotonic()
      Object.assign(session, { silentSince: null, reason: null, refused: false })
      this.#failures = 0
    } catch (error) {
      session.reason = error instanceof Error ? error.message : String(error)
      this.#failures++
      // one cut session is no fault of the server's (pg_terminate_backend): a second failure at once is
      session.refused = this.#failures >= 2
      this.#sessionDue = this.#failures >= 2 ? this.#sessionDue : 0
      if (!(error instanceof NoAnswerError)) session.silentSince = null
    }
    this.#sessionBusy = false
    this.#judge()
  }

  #judge(): void {
    if (this.#stop.signal.aborted) return
    const before = this.#current
    this.#current = verdict(this.#pulses satisfies Pulses, this.#clock.monotonic())
    if (before.state !== this.#current.state) this.#onChange(this.#current, before)
  }
}
