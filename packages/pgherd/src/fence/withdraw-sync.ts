import type { FenceEtcd } from '../components/fence/fence-file.ts'
import { readKey, replaceKey } from './fence-etcd.ts'

/**
 * Takes the right to be promoted from the synchronous standbys of this primary, until its Patroni names one again.
 *
 * A Patroni before 3.1.2 that starts beside a running primary removes synchronous_standby_names from postgresql.conf, and
 * when the standby it would pick is the one that stands in etcd it does not put it back (patroni pull request 2877): commits
 * are answered without a standby, and that standby may be promoted without them. An empty list in etcd makes it begin
 * anew: the server first, then etcd. Meanwhile nobody can be promoted, for two or three seconds.
 *
 * Gives the standbys it was taken from; none when another member leads or nobody stands there. Throws when no member of
 * etcd answers.
 */
export async function withdrawSync(etcd: FenceEtcd, member: string): Promise<readonly string[]> {
  const [leader, sync] = [await readKey(etcd, 'leader'), await readKey(etcd, 'sync')]
  if (leader?.value !== member || !sync) return []
  const { leader: named, standbys } = readSync(sync.value)
  if (named !== member || standbys.length === 0) return []
  // who changed it meanwhile was Patroni itself, which then goes on by its own rules
  const done = await replaceKey(etcd, 'sync', sync, JSON.stringify({ leader: member, sync_standby: null }))
  return done ? standbys : []
}

/** What Patroni keeps of who is synchronous (patroni/dcs/__init__.py, SyncState): names separated by commas. */
export function readSync(text: string): { readonly leader: string; readonly standbys: readonly string[] } {
  const found = JSON.parse(text) as { leader?: unknown; sync_standby?: unknown } | null
  const { leader, sync_standby: names } = found ?? {}
  return {
    leader: typeof leader === 'string' ? leader : '',
    standbys: typeof names === 'string' ? names.split(',').filter((name) => name !== '') : [],
  }
}
