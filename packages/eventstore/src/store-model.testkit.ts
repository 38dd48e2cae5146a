import type { Expected } from './append/expected.ts'

export interface ModelEvent {
  readonly id: string
  readonly data: number
}

export type ModelAnswer =
  | { readonly kind: 'stored' | 'repeated'; readonly version: number }
  | { readonly kind: 'refused'; readonly code: string; readonly actual?: number }

interface ModelStream {
  events: (ModelEvent | undefined)[]
  archived: boolean
  tombstoned: boolean
}

/** What the store promises, in as few lines as it takes: one thing after the other, in memory. */
export class StoreModel {
  readonly #streams = new Map<string, ModelStream>()
  /** In the order of positions. */
  readonly log: { readonly stream: string; readonly version: number; readonly data: number }[] = []

  append(stream: string, events: readonly ModelEvent[], expected: Expected): ModelAnswer {
    const known = this.#streams.get(stream)
    const owners = events.map(({ id }) => this.#find(id))
    const first = owners[0]
    if (owners.some((owner) => owner !== undefined)) {
      const isRepeated = owners.every(
        (owner, nth) => owner?.stream === stream && owner.version === (first?.version ?? 0) + nth,
      )
      return isRepeated
        ? { kind: 'repeated', version: (first?.version ?? 0) + events.length - 1 }
        : { kind: 'refused', code: 'EVENT_ID_REUSED' }
    }
    if (known?.tombstoned) return { kind: 'refused', code: 'STREAM_TOMBSTONED' }
    if (known?.archived) return { kind: 'refused', code: 'STREAM_ARCHIVED' }
    const actual = known?.events.length ?? 0
    const holds =
      expected === 'any' ||
      (expected === 'none' && actual === 0) ||
      (expected === 'exists' && actual > 0) ||
      expected === actual
    if (!holds) return { kind: 'refused', code: 'VERSION_CONFLICT', actual }
    const target = known ?? { events: [], archived: false, tombstoned: false }
    this.#streams.set(stream, target)
    for (const event of events) {
      target.events.push(event)
      this.log.push({ stream, version: target.events.length, data: event.data })
    }
    return { kind: 'stored', version: target.events.length }
  }

  archive(stream: string, archived: boolean): string | undefined {
    const known = this.#streams.get(stream)
    const refused = refusal(known)
    if (known && !refused) known.archived = archived
    return refused
  }

  truncateBefore(stream: string, version: number): string | undefined {
    const known = this.#streams.get(stream)
    const refused = refusal(known)
    if (known && !refused)
      known.events = known.events.map((event, index) => (index + 1 < version ? undefined : event))
    return refused
  }

  tombstone(stream: string): string | undefined {
    const known = this.#streams.get(stream)
    const refused = refusal(known)
    if (known && !refused) {
      known.tombstoned = true
      known.events = known.events.map(() => undefined)
    }
    return refused
  }

  /** What `readAll` gives. */
  visible(): readonly { readonly stream: string; readonly version: number; readonly data: number }[] {
    return this.log.filter(
      ({ stream, version }) => this.#streams.get(stream)?.events[version - 1] !== undefined,
    )
  }

  /** Versions and data of one stream, STREAM_TOMBSTONED when it is gone for good. */
  read(stream: string): readonly (readonly [number, number])[] | 'STREAM_TOMBSTONED' {
    const known = this.#streams.get(stream)
    if (known?.tombstoned) return 'STREAM_TOMBSTONED'
    return (known?.events ?? []).flatMap((event, index) => (event ? [[index + 1, event.data] as const] : []))
  }

  #find(id: string): { readonly stream: string; readonly version: number } | undefined {
    for (const [stream, { events }] of this.#streams) {
      const index = events.findIndex((event) => event?.id === id)
      if (index >= 0) return { stream, version: index + 1 }
    }
    return undefined
  }
}

function refusal(known: ModelStream | undefined): string | undefined {
  if (!known) return 'STREAM_MISSING'
  return known.tombstoned ? 'STREAM_TOMBSTONED' : undefined
}
