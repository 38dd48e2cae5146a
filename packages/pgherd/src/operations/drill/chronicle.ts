import type { ClusterView } from '../../plan/cluster-view.ts'
import type { DrillEvent } from './drill-result.ts'
import type { DrillWorld } from './world.ts'

/** What happened during a run, in the order it was seen. */
export class Chronicle {
  readonly #world: DrillWorld
  readonly #clock: () => number
  readonly #events: { readonly at: number; readonly what: string }[] = []
  #fault = 0
  #leader: string | undefined

  constructor(world: DrillWorld, clock: () => number) {
    this.#world = world
    this.#clock = clock
  }

  begin(fault: number, leader: string | undefined): void {
    this.#fault = fault
    this.#leader = leader
  }

  note(what: string, at = this.#clock()): void {
    this.#events.push({ at, what })
  }

  /** Looks at the cluster and notes a change of the leader; undefined when the cluster cannot be seen. */
  async look(): Promise<ClusterView | undefined> {
    try {
      const view = await this.#world.observe()
      if (view.leader !== this.#leader) {
        this.note(
          view.leader === undefined ? `${this.#leader ?? 'nobody'} leads no more` : `${view.leader} leads`,
        )
        this.#leader = view.leader
      }
      return view
    } catch {
      // a drill takes parts of the cluster away on purpose
      return undefined
    }
  }

  events(): readonly DrillEvent[] {
    return this.#events
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, what }) => ({ seconds: Math.round((at - this.#fault) * 1000) / 1000, what }))
  }
}
