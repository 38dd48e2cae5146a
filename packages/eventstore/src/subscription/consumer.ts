import type { Checkpoints } from './checkpoint.ts'
import type { Plan } from './definition.ts'
import type { Turns } from './turn.ts'
import type { WakeSignal } from './wake-signal.ts'

const firstReconnectMs = 50
const maxReconnectMs = 5000

/** Goes on taking turns: while there is something to do at once, else when woken, else when it is time to look. */
export class Consumer {
  readonly #plan: Plan
  readonly #checkpoints: Checkpoints
  readonly #turns: Turns
  readonly #signal: WakeSignal
  readonly #stopped = new AbortController()
  readonly #running: Promise<void>

  constructor(plan: Plan, checkpoints: Checkpoints, turns: Turns, signal: WakeSignal) {
    this.#plan = plan
    this.#checkpoints = checkpoints
    this.#turns = turns
    this.#signal = signal
    this.#running = this.#run()
  }

  /** Lets the present turn end. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped
    let failures = 0
    /** For positions that are given out but not settled: nobody tells when they are. */
    let recheckMs = 1
    while (!signal.aborted) {
      const seen = this.#signal.wakes
      const begun = performance.now()
      try {
        const { safe, last, isDue } = await this.#checkpoints.look(this.#plan.name)
        let worked = false
        for (let left = isDue ? 'more' : 'none'; left === 'more' && !signal.aborted;) {
          left = await this.#turns.take(safe)
          worked ||= left !== 'unclaimed'
        }
        failures = 0
        recheckMs = worked || safe === last ? 1 : Math.min(recheckMs * 2, this.#plan.pollMs)
        await this.#signal.sleep(safe < last ? recheckMs : this.#plan.pollMs, seen, signal)
      } catch (thrown) {
        this.#plan.onError(thrown)
        await pause(Math.min(firstReconnectMs * 2 ** failures++, maxReconnectMs), signal)
      }
      // writers that share the machine would pay for a look after every single commit
      const rest = this.#plan.paceMs - (performance.now() - begun)
      if (rest > 0) await pause(rest, signal)
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
