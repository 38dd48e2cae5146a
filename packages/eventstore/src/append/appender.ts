import type { ClientBase } from 'pg'
import { transactionStatus } from '../database/connections.ts'
import type { Database } from '../database/database.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { EventShape, NewEvent } from '../event.ts'
import type { SubjectKeys } from '../personal/subject-keys.ts'
import type { AppendResult, BatchResult } from './append-result.ts'
import type { AppendCondition } from '../tags/tag-query.ts'
import type { InlineAppends } from '../inline/inline-appends.ts'
import { AppendKeys, subjectsOf } from './append-keys.ts'
import { sendAppends, type AppendMode } from './append-statement.ts'
import type { Expected } from './expected.ts'
import { GroupCommit, groupCommitDefaults, type GroupCommitOptions } from './group-commit.ts'
import {
  nothingToAppend,
  prepareAppend,
  type AppendContext,
  type EventInput,
  type PreparedAppend,
  type Requirement,
} from './prepare-append.ts'
import { withAppend } from './unknown-outcome.ts'

export interface AppendOptions {
  /** What the stream has to be; `any` when left out. */
  readonly expected?: Expected
  /** What else may not have happened, by tags. */
  readonly condition?: AppendCondition
  /** The caller's transaction. */
  readonly client?: ClientBase
}

export interface BatchAppend<E extends EventShape> {
  readonly stream: string
  readonly events: readonly NewEvent<E>[]
  readonly expected?: Expected
  /** Looked at before any append of the batch is made. */
  readonly condition?: AppendCondition
}

export interface BatchOptions {
  /** Whether one refusal refuses all; each append stands alone when left out. */
  readonly atomic?: boolean
  readonly client?: ClientBase
}

export interface AppenderOptions extends AppendContext {
  readonly database: Database
  readonly subjectKeys: SubjectKeys
  readonly groupCommit: Partial<GroupCommitOptions>
  /** Appends with inline projections; undefined when none is declared. */
  readonly inline: InlineAppends | undefined
  /** Called when events may have become visible to readers. */
  readonly committed: () => void
}

/** Checks appends and sends them: alone in the caller's transaction or with inline projections, else in groups. */
export class Appender {
  readonly #options: AppenderOptions
  readonly #groups: GroupCommit
  readonly #keys: AppendKeys
  #closed = false

  constructor(options: AppenderOptions) {
    this.#options = options
    this.#keys = new AppendKeys(options.subjectKeys)
    this.#groups = new GroupCommit(
      {
        ...groupCommitDefaults,
        ...(options.inline ? { lanes: inlineLanes } : {}),
        ...options.groupCommit,
      },
      {
        send: (appends, check) => this.#send(appends, { atomic: false, check }),
        committed: options.committed,
      },
    )
  }

  /** Throws what refuses the append. */
  async append(stream: string, events: readonly EventInput[], options: AppendOptions): Promise<AppendResult> {
    const { expected = 'any', condition, client } = options
    const fetching = this.#keys.fetch(subjectsOf(events, this.#options.personal), client)
    const append = prepareAppend(
      stream,
      events,
      { expected, condition },
      this.#options,
      fetching && (await fetching),
    )
    const [result] = await this.#store([append], false, client)
    if (!result) throw new TypeError('the server gave no result')
    if (result.ok)
      return { stream, version: result.version, position: result.position, stored: result.stored }
    throw result.error
  }

  /** Throws BATCH_REFUSED when `atomic` and one was refused. */
  async appendBatch(
    appends: readonly (Partial<Requirement> & { stream: string; events: readonly EventInput[] })[],
    { atomic = false, client }: BatchOptions,
  ): Promise<readonly BatchResult[]> {
    if (appends.length === 0) throw nothingToAppend('the batch is empty')
    const all = appends.flatMap(({ events }) => events)
    const fetching = this.#keys.fetch(subjectsOf(all, this.#options.personal), client)
    const keys = fetching && (await fetching)
    const prepared = appends.map(({ stream, events, expected = 'any', condition }) =>
      prepareAppend(stream, events, { expected, condition }, this.#options, keys),
    )
    const results = await this.#store(prepared, atomic, client)
    const refused = results.find((result) => !result.ok)
    if (atomic && refused) throw batchRefused(refused.error, results.filter(({ ok }) => !ok).length)
    return results
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#groups.drained()
  }

  async #store(
    appends: readonly PreparedAppend[],
    atomic: boolean,
    client: ClientBase | undefined,
  ): Promise<readonly BatchResult[]> {
    if (this.#closed) throw closed()
    if (client) checkInTransaction(client)
    if (!atomic && !client) return this.#groups.submit(appends, this.#options.inline?.concerns(appends))
    const check = appends.some(({ hasGivenIds }) => hasGivenIds)
    try {
      const mode = { atomic, check, ...(client ? { client } : {}) }
      const results = await this.#send(appends, mode)
      if (!client) this.#options.committed()
      return results
    } catch (thrown) {
      throw withAppend(thrown, appends)
    }
  }

  #send(appends: readonly PreparedAppend[], mode: AppendMode): Promise<readonly BatchResult[]> {
    const { inline, database } = this.#options
    return inline?.concerns(appends) ? inline.append(appends, mode) : sendAppends(database, appends, mode)
  }
}

/** Each waits for the round trips of its handlers and for a flush to disk of its own: more of them share the flush. */
const inlineLanes = 4

/** `pg` from 8.17 on knows; older ones are believed. */
function checkInTransaction(client: ClientBase): void {
  if (transactionStatus(client) !== 'I') return
  throw new EventStoreError('NO_TRANSACTION', {
    detail: '`client` was passed, but it has not begun a transaction',
    why: 'the events would be stored at once and stay when your own statements fail',
    mend: 'Send `begin` first, use `store.transaction(...)`, or leave `client` out.',
  })
}

function batchRefused(first: EventStoreError, count: number): EventStoreError {
  return new EventStoreError('BATCH_REFUSED', {
    detail: `${count} of the appends ${count === 1 ? 'was' : 'were'} refused, the first because ${first.message}`,
    why: 'nothing of an atomic batch is stored then',
    mend: 'Look at `cause`, read those streams again and decide again.',
    cause: first,
  })
}

function closed(): EventStoreError {
  return new EventStoreError('CLOSED', {
    detail: 'append was called after close',
    why: 'nobody waits for it any more',
    mend: 'Close the store last.',
  })
}
