import { diagnose, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { ReadHost } from '../../hosts/host.ts'
import { rowsOf } from '../cluster-operation.ts'

/** Work on a member that ends with a restart of its server. */
export interface Busy {
  readonly member: string
  readonly with: 'a base backup' | 'a proof'
}

const question = `
SELECT (SELECT count(*) FROM pg_catalog.pg_stat_progress_basebackup)::int AS backups,
       (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = 'pgherd_proof')::int AS proofs`

/** What of that is under way; nothing for a member that does not answer. */
export async function busyOn(member: string, host: ReadHost): Promise<readonly Busy[]> {
  const [row] = await rowsOf(host, question).catch(() => [])
  return [
    ...(Number(row?.['backups'] ?? 0) > 0 ? [{ member, with: 'a base backup' } as const] : []),
    ...(Number(row?.['proofs'] ?? 0) > 0 ? [{ member, with: 'a proof' } as const] : []),
  ]
}

/** Pure. */
export function busyRefusal(busy: readonly Busy[]): readonly Diagnostic[] {
  if (busy.length === 0) return []
  const what = busy.map((each) => `${each.with} is under way on ${each.member}`).join(', ')
  return [
    diagnose('UPGRADE_DURING_BACKUP', {
      detail: `${what}; a restart of the server would break it off`,
      mend: mend.advice('wait until it has ended and run the command again'),
    }),
  ]
}
