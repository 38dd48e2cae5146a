import { uptime } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FenceEtcd, FenceFile } from '../components/fence/fence-file.ts'
import { patroniFacts } from '../components/patroni/version-facts.ts'
import { ttlInForce } from '../components/failover-timing.ts'
import { ageOf, identify, type ProcessIdentity } from '../hosts/local/process-identity.ts'
import { askPatroni, askTtl } from './ask-patroni.ts'
import {
  decideFence,
  frozenAfter,
  noteAnswer,
  noteLeader,
  noteServer,
  noteStandstill,
  noteTtl,
  noteUnknown,
  primaryUntil,
  silentSince,
  watchable,
  type FenceState,
} from './decide.ts'
import { yieldEtcdLeader } from './etcd-leader.ts'
import { readKey } from './fence-etcd.ts'
import { writeFenceStatus, type FenceAction } from './fence-status.ts'
import { LocalServer, same, signal } from './local-server.ts'
import { findPatroni } from './patroni-process.ts'
import { withdrawSync } from './withdraw-sync.ts'

/** A question that takes longer than this counts as not answered. */
const answerMs = 1000
/** How often Patroni is asked for its ttl, in seconds: somebody may set it by hand at any time (patronictl edit-config). */
const ttlEvery = 5
/** How often etcd is asked who leads, in seconds, while this server is a primary. */
const leaderEvery = 1
/** How often etcd is kept from being led beside this primary, in seconds. */
const yieldEvery = 10
/** The status is written this often, in seconds, and after each action. */
const statusEvery = 1

/** A Patroni that is younger, in seconds, may not have read its file yet. */
const freshFor = 20
/** How long etcd is asked after a start of Patroni, in seconds. */
const withdrawFor = 60

/** Longer than this between two looks, in seconds, and the fence itself was stopped or starved. */
const standstill = 3

type Log = (entry: Readonly<Record<string, unknown>>) => void

/**
 * The loop around `decideFence`: asks Patroni, looks at the server, acts. The questions run beside it, so that one without
 * an answer does not delay the decision. The clock is the time since the machine started, which counts on while
 * the machine sleeps and is not touched when the time of day is set.
 */
export class Watch {
  #file: FenceFile
  readonly #boot: string
  readonly #log: Log
  readonly #server: LocalServer
  #state: FenceState
  #patroni: ProcessIdentity | undefined
  #asking = false
  #askingTtl = false
  #askTtlAt = -Infinity
  #askingLeader = false
  #askLeaderAt = -Infinity
  #yieldAt = -Infinity
  #version = ''
  #writing = false
  #writtenAt = -Infinity
  #answers = true
  #lastAction: FenceAction | undefined

  /** `lastAction` is that of the fence before this one, which somebody may still want to know. */
  constructor(file: FenceFile, boot: string, state: FenceState, log: Log, lastAction?: FenceAction) {
    this.#lastAction = lastAction
    this.#file = file
    this.#boot = boot
    this.#state = state
    this.#log = log
    this.#server = new LocalServer(file.data)
  }

  /** Takes another file of the same member, such as one with more members of etcd, and goes on with what it knows. */
  reload(file: FenceFile): void {
    this.#file = file
  }

  async run(): Promise<never> {
    let askAt = uptime()
    let before = uptime()
    for (;;) {
      const { timing } = this.#file
      // a contact is only known to lie between two questions: with short leases that matters
      const every = timing.loopWait <= 2 ? 0.5 : 1
      if (uptime() - before > standstill) await this.#afterStandstill(uptime() - before)
      const now = (before = uptime())
      if (now >= askAt && !this.#asking) {
        askAt = now + every
        void this.#ask(now)
      }
      if (this.#state.server === 'primary' && now >= this.#askLeaderAt && !this.#askingLeader)
        void this.#askLeader(now)
      if (now >= this.#askTtlAt && this.#answers && !this.#askingTtl) void this.#askTtl(now)
      this.#lookForPatroni(now)
      this.#state = noteServer(this.#state, this.#server.look())
      this.#state = noteUnknown(this.#state, this.#server.isUnrecognisedBy(this.#patroni), now)
      await this.#act(now)
      this.#writeStatus(uptime())
      const nextQuestion = this.#asking ? Infinity : askAt
      const wakeAt = Math.min(
        nextQuestion,
        this.#state.server === 'primary' ? primaryUntil(this.#state, timing) : Infinity,
      )
      await sleep(Math.min(every, Math.max(0.05, wakeAt - uptime())) * 1000)
    }
  }

  async #afterStandstill(seconds: number): Promise<void> {
    this.#log({ level: 40, msg: 'the fence stood still', seconds: Number(seconds.toFixed(1)) })
    const before = this.#state
    await this.#ask(uptime())
    this.#state = noteStandstill(before, this.#state, uptime())
  }

  async #ask(askedAt: number): Promise<void> {
    this.#asking = true
    const reply = await askPatroni(this.#file.url, this.#file.ca, answerMs)
    this.#asking = false
    const answered = typeof reply === 'object'
    if (answered) {
      this.#state = noteAnswer(this.#state, reply, askedAt)
      this.#version = reply.version ?? this.#version
    }
    if (reply === 'refused') this.#state = { ...this.#state, refusedAt: askedAt }
    if (answered === this.#answers) return
    this.#answers = answered
    this.#log(
      answered ? { level: 30, msg: 'Patroni answers' } : { level: 40, msg: 'Patroni does not answer', reply },
    )
  }

  /** Asked of etcd and not of Patroni, which may be wrong about it and about its server. */
  async #askLeader(askedAt: number): Promise<void> {
    this.#askingLeader = true
    this.#askLeaderAt = askedAt + leaderEvery
    try {
      const leader = await readKey(this.#file.etcd, 'leader')
      this.#state = noteLeader(this.#state, this.#file.member, leader?.value, askedAt)
      if (leader?.value === this.#file.member && askedAt >= this.#yieldAt) {
        this.#yieldAt = askedAt + yieldEvery
        if (await yieldEtcdLeader(this.#file.etcd))
          this.#log({ level: 30, msg: 'another member leads etcd now, since this one has the primary' })
      }
    } catch {
      // without etcd nobody is promoted, and the lease above is what counts
    } finally {
      this.#askingLeader = false
    }
  }

  /** Beside the question above, and less often; while Patroni is silent, what it told last stays in force. */
  async #askTtl(askedAt: number): Promise<void> {
    const { url, ca, timing } = this.#file
    this.#askingTtl = true
    this.#askTtlAt = askedAt + ttlEvery
    const told = await askTtl(url, ca, answerMs)
    this.#askingTtl = false
    // before the first answer nobody knows what this Patroni makes of it
    if (told === undefined || this.#version === '') return
    const before = this.#state.ttl ?? timing.ttl
    this.#state = noteTtl(this.#state, ttlInForce(told, this.#version), askedAt)
    const { ttl = timing.ttl } = this.#state
    if (ttl === before || (ttl >= timing.ttl && before >= timing.ttl)) return
    this.#log(
      watchable(ttl, timing)
        ? { level: 40, msg: 'the ttl was changed by hand', ttl, ttlOfSpec: timing.ttl }
        : { level: 50, msg: 'the ttl is too short for the fence to be sure', ttl, ttlOfSpec: timing.ttl },
    )
  }

  #lookForPatroni(now: number): void {
    if (this.#patroni && same(identify(this.#patroni.pid), this.#patroni)) return
    this.#patroni = findPatroni(this.#file.patroniConfig)
    const { patroniAt, ...rest } = this.#state
    void patroniAt
    this.#state = this.#patroni ? { ...rest, patroniAt: now } : rest
    const { etcd } = this.#file
    // before its first answer nobody knows which version it is
    const { forgetsSync } = patroniFacts(this.#version)
    if (forgetsSync && this.#patroni && isFresh(this.#patroni) && this.#server.look() === 'primary')
      void this.#withdrawSync(etcd, now)
  }

  /** Until etcd answers: without it nobody is promoted either. */
  async #withdrawSync(etcd: FenceEtcd, since: number): Promise<void> {
    const patroni = this.#patroni
    while (same(patroni, this.#patroni) && uptime() - since < withdrawFor) {
      try {
        const standbys = await withdrawSync(etcd, this.#file.member)
        if (standbys.length > 0)
          this.#log({
            level: 40,
            msg: 'Patroni was started anew: it has to name its standbys again',
            standbys,
          })
        return
      } catch {
        await sleep(500)
      }
    }
  }

  async #act(now: number): Promise<void> {
    const decision = decideFence(this.#state, this.#file.timing, now)
    if (decision.do === 'nothing') return
    const began = performance.now()
    const left = decision.do === 'stop-server' ? await this.#server.stop() : []
    // The supervisor starts it anew, without what it remembers: one that comes back after a partition still takes itself
    // for the leader, and puts its key over that of the new one without comparing (3.0.2, dcs/etcd3.py, _update_leader).
    const frozen = uptime() - silentSince(this.#state) >= frozenAfter
    const stale = frozen || decision.do === 'stop-server'
    const killed = stale && this.#patroni ? this.#patroni.pid : undefined
    if (stale && this.#patroni) signal(this.#patroni, 'SIGKILL')
    this.#lastAction = {
      do: decision.do,
      why: decision.why,
      time: new Date().toISOString(),
      tookMs: Math.round(performance.now() - began),
      left,
    }
    this.#log({
      level: left.length > 0 ? 60 : 50,
      msg: decision.do === 'stop-server' ? 'stopped PostgreSQL' : 'killed a frozen Patroni',
      ...this.#lastAction,
      ...(killed === undefined ? {} : { killedPatroni: killed }),
    })
    this.#writtenAt = -Infinity
  }

  #writeStatus(now: number): void {
    if (this.#writing || now - this.#writtenAt < statusEvery) return
    this.#writing = true
    this.#writtenAt = now
    const lastAction = this.#lastAction
    void writeFenceStatus(this.#file.status, {
      pid: process.pid,
      boot: this.#boot,
      at: now,
      state: this.#state,
      ...(lastAction ? { lastAction } : {}),
    })
      .catch((error: unknown) =>
        this.#log({ level: 40, msg: 'cannot write the status', error: String(error) }),
      )
      .finally(() => (this.#writing = false))
  }
}

function isFresh({ pid }: ProcessIdentity): boolean {
  const age = ageOf(pid)
  return age !== undefined && age < freshFor
}
