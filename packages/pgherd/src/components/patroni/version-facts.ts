/** What differs between versions of Patroni, as far as pgherd has to know. Durations in seconds. */
export interface PatroniFacts {
  /** Smaller values are raised, with a warning in Patroni's log only. */
  readonly least: { readonly ttl: number; readonly loopWait: number; readonly retryTimeout: number }
  /** `synchronous_mode: quorum`: any of the standbys may be the second copy. */
  readonly quorumCommit: boolean
  /** Slots of members that are away are kept for a while; without it they go when the member's key ends, after a ttl. */
  readonly memberSlotsTtl: boolean
  /** Permanent physical slots are kept on the standbys as well, so that they lose no WAL at a failover. */
  readonly permanentSlotsOnStandbys: boolean
  /** What the REST API calls the primary, in `role`. */
  readonly primaryRole: 'master' | 'primary'
  /** Started beside a running primary it may leave the server without a synchronous standby while etcd names one (3.1.2). */
  readonly forgetsSync: boolean
  /** `/cluster` says how far each standby has received and replayed. */
  readonly receiveLag: boolean
}

/** What Patroni 3.0 does: failsafe_mode, primary_start_timeout (before: master_...) and no floors (3.0.2, config.py). */
const first: PatroniFacts = {
  least: { ttl: 1, loopWait: 1, retryTimeout: 1 },
  quorumCommit: false,
  memberSlotsTtl: false,
  permanentSlotsOnStandbys: false,
  primaryRole: 'master',
  forgetsSync: true,
  receiveLag: false,
}

/**
 * What each version changed, oldest first. Sources: Patroni, docs/releases.rst, under the version named; the floors are
 * those of docs/dynamic_configuration.rst (3.2.2 and newer; the notes of 3.2.0 name 2 for loop_wait).
 */
const changes: readonly {
  readonly from: readonly [number, number]
  readonly facts: Partial<PatroniFacts>
}[] = [
  {
    from: [3, 2],
    // 3.1.2 mends what is forgotten; asking for the patch level would gain nothing, since withdrawing does no harm
    facts: {
      least: { ttl: 20, loopWait: 1, retryTimeout: 3 },
      permanentSlotsOnStandbys: true,
      forgetsSync: false,
    },
  },
  { from: [4, 0], facts: { quorumCommit: true, memberSlotsTtl: true, primaryRole: 'primary' } },
  { from: [4, 1], facts: { receiveLag: true } },
]

/** Facts of a version such as `3.0.2`; of 3.0, the oldest with a failsafe mode, when it cannot be read. Pure. */
export function patroniFacts(version: string): PatroniFacts {
  const [, major = '3', minor = '0'] = /^(\d+)\.(\d+)/.exec(version) ?? []
  const found = [Number(major), Number(minor)] as const
  return changes
    .filter(({ from }) => found[0] > from[0] || (found[0] === from[0] && found[1] >= from[1]))
    .reduce((facts, change) => ({ ...facts, ...change.facts }), first)
}
