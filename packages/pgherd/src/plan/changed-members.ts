import { diagnose, mend, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { ClusterView, EtcdListed } from './cluster-view.ts'
import type { Observed } from './observed.ts'
import type { Wanted, WantedServer } from './wanted.ts'

/**
 * The spec names other servers than there are. A plan could not bring them about: etcd has to learn of each before it
 * starts, and nobody would stop those that are named no more. Seen from the home of a cluster; etcd's own list counts, and
 * what the last `up` reached counts as well, because a change that was cut off is in one of them. Pure.
 */
export function changedMembers({ member, servers }: Wanted, observed: Observed): readonly Diagnostic[] {
  const { cluster, applied } = observed
  if (!servers) return []
  const listed = cluster?.etcd.listed?.map((each) => ({
    name: nameOf(each, servers),
    urls: each.peerUrls,
  }))
  const known = [
    listed && { says: 'etcd has', present: listed.map(({ name }) => name) },
    applied?.servers && { says: 'the last up left', present: applied.servers.map(({ name }) => name) },
  ]
  const wanted = servers.map(({ name }) => name)
  for (const each of known)
    if (each && !sameNames(each.present, wanted)) return [changed(member, each, wanted, cluster)]
  const moved = servers.filter(
    ({ name, address, peerUrl }) =>
      listed?.some((each) => each.name === name && !each.urls.includes(peerUrl)) ??
      applied?.servers?.some((each) => each.name === name && each.address !== address),
  )
  return moved.length === 0 ? [] : [movedAway(member, moved)]
}

/** One that was announced and never started has no name yet, only its address. */
function nameOf({ name, peerUrls }: EtcdListed, servers: readonly WantedServer[]): string {
  if (name !== '') return name
  const known = servers.find(({ peerUrl }) => peerUrls.includes(peerUrl))
  return known?.name ?? `one at ${peerUrls.join()} that never started`
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name))
}

function changed(
  member: string,
  { says, present }: { readonly says: string; readonly present: readonly string[] },
  wanted: readonly string[],
  cluster: ClusterView | undefined,
): Diagnostic {
  const to = String(wanted.length)
  const works = cluster?.etcd.listed !== undefined && cluster.leader !== undefined
  const back = `set topology.members back to ${present.length} (and addresses and domains, where they are listed)`
  return diagnose('MEMBERS_CHANGED', {
    detail: `the spec asks for ${wanted.length} servers (${wanted.join(', ')}), and ${says} ${present.length} (${present.toSorted().join(', ')}); up neither makes a server known to etcd nor lets one go, scale does both, one at a time`,
    mend: works
      ? mend.run('pgherd', 'scale', '--members', to)
      : mend.advice(
          `the cluster does not run, so its members cannot be changed now: ${back}, run pgherd up, and then pgherd scale --members ${to}`,
        ),
    at: { member, path: 'topology.members' },
  })
}

function movedAway(member: string, moved: readonly WantedServer[]): Diagnostic {
  const names = moved.map(({ name, address }) => `${name} (now ${address})`).join(', ')
  return diagnose('MEMBERS_CHANGED', {
    detail: `the spec gives another address to ${names}, and the others would look for it at the old one; a member cannot be moved while it keeps its name`,
    mend: mend.advice('put the address back, or let the member go with pgherd scale and take it in anew'),
    at: { member, path: 'topology.addresses' },
  })
}
