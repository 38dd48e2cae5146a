import type { ErrorCode } from './error-codes.ts'
import { BitemporalError, type Finding } from './bitemporal-error.ts'
import { UncoveredReference } from './uncovered-reference.ts'

/** When it happened: before anything was sent, or after. */
export type Phase = 'connect' | 'query'

type Translation = readonly [ErrorCode, Omit<Finding, 'cause' | 'detail'>]

/** By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const translations: Readonly<Record<string, Translation>> = {
  '25006': [
    'READ_ONLY',
    {
      why: 'a standby, or a transaction that is read-only, takes no facts',
      mend: 'Connect to the primary, for instance with target_session_attrs=read-write.',
    },
  ],
  '53100': [
    'DISK_FULL',
    {
      why: 'nothing of the change was stored, and none will be before there is space',
      mend: 'Free or add disk space, then do it again.',
    },
  ],
  '23P01': [
    'OVERLAP',
    {
      why: 'for each point in time there is one answer; the overlap constraint guards against writers beside this library',
      mend: 'Let only the functions of this library write its tables.',
    },
  ],
  '40001': clash(),
  '40P01': clash(),
  // a lock that was asked for with a limit
  '55P03': clash(),
  '3F000': notInstalled(),
  '42P01': notInstalled(),
  '42883': notInstalled(),
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
      why: 'the store keeps its facts in tables and functions of its own',
      mend: 'Run `await install(pool)` once per database, or pass the `schema` it was installed in.',
    },
  ]
}

/** What the driver threw as an error of this library where it is one it knows; else as it is. */
export function serverError(thrown: unknown, phase: Phase): unknown {
  if (!(thrown instanceof Error) || thrown instanceof BitemporalError) return thrown
  const state = sqlState(thrown)
  const known = state === undefined ? undefined : translations[state]
  const special = referenceError(thrown)
  if (special) return special
  if (known) return new BitemporalError(known[0], { ...known[1], detail: thrown.message, cause: thrown })
  if (phase === 'connect') return notConnected(thrown, state)
  return breaksConnection(thrown) ? broken(thrown) : thrown
}

/** Whether the connection is of no use after this error. */
export function breaksConnection(thrown: unknown): boolean {
  if (thrown instanceof BitemporalError) return thrown.code === 'OUTCOME_UNKNOWN'
  if (!(thrown instanceof Error)) return false
  const state = sqlState(thrown)
  // without a SQLSTATE it comes from the socket; the driver's own complaints about arguments are TypeErrors
  return state === undefined ? !(thrown instanceof TypeError) : /^(08|57P0|XX)/.test(state)
}

/** The errors that functions of ours raise tell themselves by their hint. */
function referenceError(thrown: Error): BitemporalError | undefined {
  const { hint, detail } = thrown as { hint?: unknown; detail?: unknown }
  if (hint === 'pgherd bitemporal reference') return new UncoveredReference(String(detail), thrown)
  if (hint !== 'pgherd bitemporal isolation') return undefined
  return new BitemporalError('ISOLATION', {
    detail: `${thrown.message}, and the transaction is REPEATABLE READ or SERIALIZABLE`,
    why: 'it does not see what refers to it since its snapshot, so a reference could come to point at nothing',
    mend: 'Take something away from what is referred to in a transaction of READ COMMITTED, as `store.transaction` is.',
    cause: thrown,
  })
}

function sqlState(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in error ? code : undefined
}

function broken(cause: Error): BitemporalError {
  return new BitemporalError('OUTCOME_UNKNOWN', {
    detail: cause.message,
    why: 'what was under way may or may not have been done',
    mend: 'Do it again: what says the same as what is known changes nothing. A `retract` that was stored answers NOTHING_KNOWN, and one with `expected` answers VERSION_CONFLICT.',
    cause,
  })
}

function notConnected(cause: Error, state: string | undefined): BitemporalError {
  // the text is all by which the pool of `pg` tells its timeout
  if (cause.message.includes('timeout exceeded when trying to connect'))
    return poolExhausted(cause.message, cause)
  return new BitemporalError('UNREACHABLE', {
    detail: [cause.message || cause.name, state].filter(Boolean).join(' '),
    why: 'nothing was sent, so nothing was stored',
    mend: 'Check that the server runs and that the pool has its address, user and password.',
    cause,
  })
}

/** No connection of the pool came free in time. */
export function poolExhausted(detail: string, cause?: unknown): BitemporalError {
  return new BitemporalError('POOL_EXHAUSTED', {
    detail,
    why: 'nothing was sent, so nothing was stored; code that holds a client while it waits for another waits for ever',
    mend: 'Pass the client you hold as `client`, release clients sooner, or raise `max` of the pool.',
    cause,
  })
}
