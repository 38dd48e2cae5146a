import type { ErrorCode } from './error-codes.ts'
import { EventStoreError, type Finding } from './event-store-error.ts'

/** When it happened: before anything was sent, or after. */
export type Phase = 'connect' | 'query'

type Translation = readonly [ErrorCode, Omit<Finding, 'cause' | 'detail'>]

/** By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const translations: Readonly<Record<string, Translation>> = {
  '25006': [
    'READ_ONLY',
    {
      why: 'a standby, or a transaction that is read-only, takes no events',
      mend: 'Connect to the primary, for instance with target_session_attrs=read-write.',
    },
  ],
  '53100': [
    'DISK_FULL',
    {
      why: 'nothing of the append was stored, and none will be before there is space',
      mend: 'Free or add disk space, then append again.',
    },
  ],
  '2200H': [
    'POSITIONS_EXHAUSTED',
    {
      why: 'positions end at 2^53 - 1, the last whole number that JavaScript tells from the next',
      mend: 'Somebody set the sequence by hand: set it back to the highest position in use.',
    },
  ],
  // of our statements only event ids can: somebody else stored them between the look for them and the insert
  '23505': clash(),
  '40001': clash(),
  '40P01': clash(),
  '3F000': notInstalled(),
  '42P01': notInstalled(),
  '42883': notInstalled(),
  ES001: [
    'READ_ONLY',
    {
      why: 'a standby does not know which appends are still open on the primary, so its readers would miss events',
      mend: 'Read streams from standbys, but the whole store and subscriptions from the primary.',
    },
  ],
}

function clash(): Translation {
  return [
    'TRANSACTION_CLASH',
    { why: 'the server undid it, so nothing was stored', mend: 'Run the whole transaction again.' },
  ]
}

function notInstalled(): Translation {
  return [
    'NOT_INSTALLED',
    {
      why: 'the store keeps its events in tables and functions of its own',
      mend: 'Run `await install(pool)` once per database, or pass the `schema` it was installed in.',
    },
  ]
}

/** What the driver threw as an error of this library where it is one it knows; else as it is. */
export function serverError(thrown: unknown, phase: Phase): unknown {
  if (!(thrown instanceof Error) || thrown instanceof EventStoreError) return thrown
  const state = sqlState(thrown)
  if (state === '23514' && (thrown as { constraint?: unknown }).constraint === partitionLimit)
    return unfinished(thrown)
  const known = state === undefined ? undefined : translations[state]
  if (known) return new EventStoreError(known[0], { ...known[1], detail: thrown.message, cause: thrown })
  if (phase === 'connect') return notConnected(thrown, state)
  return breaksConnection(thrown) ? broken(thrown) : thrown
}

/** The constraint by which `addPartition` has the newest partition end. It outlasts a program that is killed meanwhile. */
export const partitionLimit = 'event_partition_end'

function unfinished(cause: Error): EventStoreError {
  return new EventStoreError('PARTITION_UNFINISHED', {
    detail: cause.message,
    why: 'nothing was stored: adding a partition is under way, or was killed, and events may not lie beyond where the old one ends',
    mend: 'Call `addPartition` again unless one is at work; then append again.',
    cause,
  })
}

/** Whether the connection is of no use after this error. */
export function breaksConnection(thrown: unknown): boolean {
  if (thrown instanceof EventStoreError) return thrown.code === 'OUTCOME_UNKNOWN'
  if (!(thrown instanceof Error)) return false
  const state = sqlState(thrown)
  // without a SQLSTATE it comes from the socket; the driver's own complaints about arguments are TypeErrors
  return state === undefined ? !(thrown instanceof TypeError) : /^(08|57P0|XX)/.test(state)
}

function sqlState(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error ? code : undefined
}

function broken(cause: Error): EventStoreError {
  return new EventStoreError('OUTCOME_UNKNOWN', {
    detail: cause.message,
    why: 'what was under way may or may not have been done',
    mend: 'Reading again is harmless; append again with the same event ids, which stores nothing twice.',
    cause,
  })
}

function notConnected(cause: Error, state: string | undefined): EventStoreError {
  // the text is all by which the pool of `pg` tells its timeout
  if (cause.message.includes('timeout exceeded when trying to connect'))
    return poolExhausted(cause.message, cause)
  return new EventStoreError('UNREACHABLE', {
    detail: [cause.message || cause.name, state].filter(Boolean).join(' '),
    why: 'nothing was sent, so nothing was stored',
    mend: 'Check that the server runs and that the pool has its address, user and password.',
    cause,
  })
}

/** No connection of the pool came free in time. */
export function poolExhausted(detail: string, cause?: unknown): EventStoreError {
  return new EventStoreError('POOL_EXHAUSTED', {
    detail,
    why: 'nothing was sent, so nothing was stored; code that holds a client while it waits for another waits for ever',
    mend: 'Pass the client you hold as `client`, release clients sooner, or raise `max` of the pool.',
    cause,
  })
}
