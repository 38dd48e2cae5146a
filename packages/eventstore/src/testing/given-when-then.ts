import { deepStrictEqual } from 'node:assert/strict'
import { decided, type Decider, type Happened } from '../aggregate/decider.ts'
import type { EventShape, NewEvent } from '../event.ts'

/** What is then asked of a decision. Each throws an AssertionError, which every test runner knows. */
export interface Then<S, E extends EventShape> {
  /** The command caused exactly these events, in this order. Ids are not compared, metadata where it is given here. */
  readonly thenEvents: (...expected: readonly NewEvent<E>[]) => void
  /** The command was taken and caused nothing. */
  readonly thenNothing: () => void
  /** The state after the events of the command. */
  readonly thenState: (expected: S) => void
  /** The command was refused; returns what was thrown, for a closer look. A pattern is matched against its message. */
  readonly thenThrows: (message?: RegExp) => unknown
}

/** What has happened so far. */
export interface Given<S, C, E extends EventShape> {
  /** Decides the command in the state that the events lead to. */
  readonly when: (command: C) => Then<S, E>
}

type Outcome<E extends EventShape> =
  { readonly events: readonly NewEvent<E>[] } | { readonly thrown: unknown }

/** Tests of a decider without a database: `specification(account)(...events).when(command).thenEvents(...)`. Pure. */
export function specification<S, C, E extends EventShape>(
  decider: Decider<S, C, E>,
): (...given: readonly NewEvent<E>[]) => Given<S, C, E> {
  const evolved = (state: S, events: readonly NewEvent<E>[]): S =>
    events.reduce((before, event) => decider.evolve(before, event as unknown as Happened<E>), state)
  return (...given) => ({
    when: (command) => {
      const before = evolved(decider.initial(), given)
      const outcome = outcomeOf(() => decided(decider, command, before))
      return {
        thenEvents: (...expected) => {
          const events = eventsOf(outcome)
          deepStrictEqual(
            events.map((event, index) => comparable(event, expected[index])),
            expected.map((event) => comparable(event, event)),
          )
        },
        thenNothing: () => deepStrictEqual(eventsOf(outcome), []),
        thenState: (expected) => deepStrictEqual(evolved(before, eventsOf(outcome)), expected),
        thenThrows: (message) => {
          if ('events' in outcome)
            throw new Error(`the command was not refused; it caused ${JSON.stringify(outcome.events)}`)
          const text = outcome.thrown instanceof Error ? outcome.thrown.message : String(outcome.thrown)
          if (message && !message.test(text))
            throw new Error(
              `the command was refused with ${JSON.stringify(text)}, which does not match ${message}`,
            )
          return outcome.thrown
        },
      }
    },
  })
}

function outcomeOf<E extends EventShape>(decide: () => readonly NewEvent<E>[]): Outcome<E> {
  try {
    return { events: decide() }
  } catch (thrown) {
    return { thrown }
  }
}

/** Throws what `decide` threw. */
function eventsOf<E extends EventShape>(outcome: Outcome<E>): readonly NewEvent<E>[] {
  if ('thrown' in outcome) throw outcome.thrown
  return outcome.events
}

function comparable(
  event: EventShape & { readonly metadata?: unknown },
  expected: { readonly metadata?: unknown } | undefined,
): unknown {
  const { type, data, metadata } = event
  return {
    type,
    ...(data === undefined ? {} : { data }),
    ...(expected?.metadata === undefined ? {} : { metadata }),
  }
}
