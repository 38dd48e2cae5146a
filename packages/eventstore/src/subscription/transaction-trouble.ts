import type { ClientBase } from 'pg'
import { settledStatus } from '../database/connections.ts'
import { EventStoreError } from '../errors/event-store-error.ts'
import type { Failed } from './deliver.ts'

/** What a handler did to the transaction that was not its to end; undefined when it is as it was. `pg` before 8.17 does not tell. */
export async function transactionTrouble(client: ClientBase): Promise<Failed | undefined> {
  const status = await settledStatus(client)
  if (status === undefined || status === null || status === 'T') return undefined
  const cause = new EventStoreError('NO_TRANSACTION', {
    detail:
      status === 'E'
        ? 'a statement of the handler failed, and the handler went on'
        : 'the handler ended the transaction it was given',
    why: 'its effects and the checkpoint, or the append, can then no longer be stored together',
    mend:
      status === 'E'
        ? 'Let the error through, or set a savepoint before a statement that may fail.'
        : 'Leave commit and rollback to the store, or use a connection of your own.',
  })
  return { culprit: undefined, cause }
}
