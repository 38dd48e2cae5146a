/** What an event of the user's looks like: a union of these, told apart by `type`. */
export interface EventShape {
  readonly type: string
  readonly data?: unknown
}

/** What is known about an event beside its data. Keys of your own are kept as they are. */
export interface EventMetadata {
  /** Shared by everything that one request set off. */
  readonly correlationId?: string
  /** The id of the event or command that caused this one. */
  readonly causationId?: string
  readonly userId?: string
  /** W3C Trace Context: https://www.w3.org/TR/trace-context/ */
  readonly traceparent?: string
  readonly tracestate?: string
  readonly [key: string]: unknown
}

/** An event to append. The id is made when left out; give one to make appending it twice harmless. */
export type NewEvent<E extends EventShape> = E extends EventShape
  ? E & {
      readonly id?: string
      readonly metadata?: EventMetadata
      /** What it is about, like `course:c1`: for conditions and `readAll({ matching })`. No names of people. */
      readonly tags?: readonly string[]
    }
  : never

/** An event as it was stored, and where. */
export type Recorded<E extends EventShape> = E extends EventShape
  ? {
      readonly type: E['type']
      readonly data: E['data']
      readonly id: string
      readonly stream: string
      /** In its stream: 1 for the first event, without gaps. */
      readonly version: number
      /** In the whole store: grows in the order that subscriptions deliver, with gaps where appends failed. */
      readonly position: number
      readonly created: Date
      /** Of `data` as it is here, that is after upcasting. */
      readonly schemaVersion: number
      readonly metadata: EventMetadata
    }
  : never

/** The event of a union that has this type. */
export type EventOf<E extends EventShape, T extends E['type']> = Extract<E, { readonly type: T }>
