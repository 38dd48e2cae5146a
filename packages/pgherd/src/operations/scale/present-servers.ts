import { peerUrl } from '../../components/etcd/etcd-yml.ts'
import type { EtcdListed } from '../../plan/cluster-view.ts'
import type { Member } from '../../topology/topology.ts'

export interface ServerPlace {
  readonly name: string
  readonly address: string
}

/** The servers there are, whatever the spec says by now. */
export interface PresentServers {
  /** Those that are taken in to the end: etcd counts them, and an `up` has finished with them. */
  readonly whole: readonly string[]
  /** All of which there is a trace, with where they are; in their order. */
  readonly any: readonly ServerPlace[]
}

export interface ServerRecords {
  /** etcd's own list; undefined when it does not answer. */
  readonly listed?: readonly EtcdListed[] | undefined
  /** What the last `up` left (applied.json); undefined before the first. */
  readonly applied?: readonly ServerPlace[] | undefined
  /** Servers by the spec, and those it could have: how one that has no name yet in etcd is known. */
  readonly declared: readonly Member[]
  readonly possible: readonly Member[]
}

/**
 * Puts the records together. One that is being added stands in etcd before an `up` has finished with it, one that is being
 * removed leaves etcd after the last `up` with it: so only both together tell what was cut off. Pure.
 */
export function presentServers({ listed, applied, declared, possible }: ServerRecords): PresentServers {
  const inEtcd = listed?.map((each) => placeOf(each, possible))
  const records = [inEtcd, applied].filter((each) => each?.some(({ name }) => orderOf(name) > 0))
  const [first = declared, second = first] = records
  const any = [...first, ...second.filter(({ name }) => !first.some((each) => each.name === name))]
  return {
    whole: first.filter(({ name }) => second.some((each) => each.name === name)).map(({ name }) => name),
    any: any
      .map(({ name, address }) => ({ name, address }))
      .filter(({ name }) => orderOf(name) > 0)
      .toSorted((a, b) => orderOf(a.name) - orderOf(b.name)),
  }
}

/** The number in `pg4`; 0 for a name that is not one of ours. */
export function orderOf(name: string): number {
  return Number(/^pg([1-9]\d*)$/.exec(name)?.[1] ?? 0)
}

function placeOf({ name, peerUrls }: EtcdListed, possible: readonly Member[]): ServerPlace {
  const [url = ''] = peerUrls
  const known = possible.find((member) => peerUrls.includes(peerUrl(member)))
  const address = URL.canParse(url) ? new URL(url).hostname.replace(/^\[(.*)\]$/, '$1') : ''
  return { name: name === '' ? (known?.name ?? '') : name, address }
}
