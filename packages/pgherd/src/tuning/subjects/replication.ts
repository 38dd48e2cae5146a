import { required, tuned, type Subject } from '../subject.ts'

/** Streaming to the archive and, later, to standbys. */
export const replication: Subject = {
  name: 'replication',
  settings: ({ spec }) => [
    tuned(
      'max_wal_senders',
      10,
      '1 for the WAL archive, 2 for a base backup with its WAL, 1 for a proof, the rest for standbys; idle ones cost nothing',
    ),
    tuned(
      'max_replication_slots',
      10,
      '1 for the WAL archive, 1 for a base backup, the rest for standbys and subscribers',
    ),
    tuned(
      'wal_retrieve_retry_interval',
      '500ms',
      'a standby that has lost its primary looks again this often, and is promoted no later than this; by default it may sleep for 5 s first',
    ),
    required('hot_standby', 'on', 'a restored copy can be read and checked while it replays'),
    required(
      'synchronous_standby_names',
      spec.backups.synchronous ? 'pgherd_wal' : '',
      spec.backups.synchronous
        ? 'a commit waits until its WAL is safe in the archive (backups.synchronous): nothing is lost, at the price of latency'
        : 'commits do not wait for the archive (backups.synchronous is off)',
    ),
  ],
}
