import type { EventMetadata, EventShape, NewEvent } from '../event.ts'

/** What `evolve` sees of an event: the same whether it was stored or has just been decided. */
export type Happened<E extends EventShape> = E extends EventShape
  ? { readonly type: E['type']; readonly data: E['data']; readonly metadata?: EventMetadata }
  : never

/** How a state comes from events. Pure. */
export interface Evolution<S, E extends EventShape> {
  /** The state before any event. */
  readonly initial: () => S
  /** The state after one more event. Changes nothing of what it is given. */
  readonly evolve: (state: S, event: Happened<E>) => S
}

/** A decision as pure functions: which events a command causes in a state, and what they make of it. */
export interface Decider<S, C, E extends EventShape> extends Evolution<S, E> {
  /** Throws what refuses the command; no events: nothing happens. */
  readonly decide: (command: C, state: S) => NewEvent<E> | readonly NewEvent<E>[]
}

/** The events of a decision as a list. */
export function decided<S, C, E extends EventShape>(
  decider: Decider<S, C, E>,
  command: C,
  state: S,
): readonly NewEvent<E>[] {
  const events = decider.decide(command, state)
  return Array.isArray(events) ? (events as readonly NewEvent<E>[]) : [events as NewEvent<E>]
}

/** One function per event type; types without one leave the state as it is. */
export type Evolvers<S, E extends EventShape> = {
  readonly [T in E['type']]?: (
    state: S,
    data: Extract<E, { readonly type: T }>['data'],
    event: Happened<E>,
  ) => S
}

/** Makes `evolve` from one function per event type. */
export function evolveBy<S, E extends EventShape>(
  evolvers: Evolvers<S, E>,
): (state: S, event: Happened<E>) => S {
  const table = evolvers as Readonly<
    Record<string, ((state: S, data: unknown, event: Happened<E>) => S) | undefined>
  >
  return (state, event) =>
    (Object.hasOwn(table, event.type) ? table[event.type]?.(state, event.data, event) : undefined) ?? state
}
