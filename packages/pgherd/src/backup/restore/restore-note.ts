import type { PostgresBinaries, RunAs } from '../../topology/host-facts.ts'

/** The note in a directory that was restored into; PostgreSQL leaves files it does not know alone. */
export const noteName = 'PGHERD-RESTORE.txt'

export const unfinishedNote = `A restore into this directory has begun and is not finished.
Do not start a server on it. If no "pgherd restore" is running, delete the directory and restore again.
`

/** How to start a server on a restored data directory. */
export function intoNote(restored: {
  readonly data: string
  readonly runAs: RunAs
  readonly postgres: Pick<PostgresBinaries, 'bin' | 'major'>
  readonly backup: string
  readonly timeline: number
  readonly lsn: string
  readonly time: string | null
}): string {
  const { data, runAs, postgres, backup, timeline, lsn, time } = restored
  return `Restored by pgherd from backup ${backup}: everything up to WAL position ${lsn}${
    time === null
      ? ''
      : `,
newest commit ${time}`
  }, now on timeline ${timeline}.

This is a complete data directory of PostgreSQL ${postgres.major}, cleanly shut down. Start a server on it as user
${runAs.name}, on a free port:

  ${postgres.bin}/postgres -D '${data}' -p 5433

Its postgresql.conf and pg_hba.conf are those initdb wrote, not those of the running database: passwords and roles
are as they were, TLS and tuned settings are not. The server archives nothing and replaces nothing.
`
}
