import { required, tuned, type Subject } from '../subject.ts'
import { timeText } from '../size-text.ts'

/** What is ended by itself, and what on purpose is not. */
export const timeouts: Subject = {
  name: 'timeouts',
  settings: ({ workload }) => [
    tuned(
      'idle_in_transaction_session_timeout',
      timeText(workload.idleInTransaction),
      `a transaction left open for ${timeText(workload.idleInTransaction)} holds locks and keeps vacuum from cleaning; it is ended`,
    ),
    tuned(
      'statement_timeout',
      0,
      'no limit for all: it would end backups, index builds and dumps; give application roles one (roles.<name>.settings)',
    ),
    tuned(
      'lock_timeout',
      0,
      'no limit for all: it would fail maintenance at random; give application roles and migrations one (roles.<name>.settings)',
    ),
    tuned('deadlock_timeout', '1s', 'deadlocks are looked for, and lock waits logged, after a second'),
    required(
      'idle_replication_slot_timeout',
      0,
      'the slot of the archive must not be dropped because the agent was stopped for a while; max_slot_wal_keep_size bounds its WAL by size instead',
    ),
    tuned(
      'wal_sender_timeout',
      '60s',
      'a stalled archive connection is dropped after a minute and made anew',
    ),
  ],
}
