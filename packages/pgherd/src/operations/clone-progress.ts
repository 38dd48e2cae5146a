import { rowsOf, type OperationSite } from './cluster-operation.ts'

/** How far the base backup of a new member is, in bytes. */
export interface CloneProgress {
  readonly from: string
  readonly streamedBytes: number
  /** Estimated by the server when the backup began. */
  readonly totalBytes?: number
}

/** The base backup under way on any of the members, the largest when there are several; undefined when there is none. */
export async function cloneProgress(sites: readonly OperationSite[]): Promise<CloneProgress | undefined> {
  const found = await Promise.all(
    sites
      .filter(({ member }) => member.kind === 'server')
      .map(async ({ member, host }): Promise<readonly CloneProgress[]> => {
        const rows = await rowsOf(
          host,
          'SELECT backup_streamed::text AS streamed, backup_total::text AS total FROM pg_stat_progress_basebackup',
        ).catch(() => [])
        return rows.map(({ streamed, total }) => ({
          from: member.name,
          streamedBytes: Number(streamed),
          ...(total === null || total === undefined ? {} : { totalBytes: Number(total) }),
        }))
      }),
  )
  return found.flat().toSorted((a, b) => b.streamedBytes - a.streamedBytes)[0]
}
