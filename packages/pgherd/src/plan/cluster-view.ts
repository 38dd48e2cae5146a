/** What Patroni, etcd, HAProxy and PgBouncer say about a cluster at one moment. A value; made by cluster/. */
export interface ClusterView {
  /** Name of the member that holds the leader lock; undefined while nobody does. */
  readonly leader?: string
  readonly members: readonly MemberView[]
  readonly etcd: EtcdView
  /** Automation is paused (patronictl pause). */
  readonly paused: boolean
  /** Every member Patroni's failsafe mode holds together while etcd is away. */
  readonly failsafeActive: boolean
  /** Members that hold every acknowledged write, as Patroni has it in the DCS. */
  readonly synchronous: readonly string[]
  /** Patroni's dynamic configuration as it is in the DCS; undefined before the bootstrap or when nobody answers. */
  readonly dynamicConfig?: Readonly<Record<string, unknown>>
  /** System identifier in the DCS (`/initialize`); undefined before the bootstrap and where it was not asked for. */
  readonly systemId?: string
  /** Empty as well while PgBouncer does not answer. */
  readonly pools: readonly PoolView[]
  /** Empty as well while HAProxy does not answer. */
  readonly routes: readonly RouteView[]
  /** Who did not answer, and why, so that nothing is not taken for none. */
  readonly silent?: { readonly pooler?: string; readonly router?: string }
}

export interface MemberView {
  readonly name: string
  /** What Patroni says; `unreachable` when it does not answer. */
  readonly role: 'primary' | 'standby' | 'unreachable'
  /** Patroni's state: running, streaming, starting, creating replica, stopped, start failed, ... */
  readonly state: string
  readonly timeline?: number
  /** Behind the primary, in bytes of WAL; undefined for the primary and when unknown. */
  readonly lagBytes?: number
  /** Age of the newest transaction replayed, in seconds. */
  readonly lagSeconds?: number
  /** Position up to which a standby has replayed, in bytes from the start of WAL. */
  readonly replayed?: number
  readonly sync: 'async' | 'sync' | 'quorum' | 'none'
  readonly pendingRestart: boolean
  readonly postgresVersion?: string
  readonly patroniVersion?: string
  /**
   * When Patroni last read etcd, seconds since 1970; with etcd's watch that may have been its own copy (3.0.2,
   * dcs/etcd3.py, KVCache), so that it goes on while etcd is out of reach.
   */
  readonly dcsLastSeen?: number
}

export interface EtcdView {
  readonly members: readonly EtcdMemberView[]
  /** True when a majority answers and agrees on a leader. */
  readonly quorum: boolean
  /** Members as etcd itself has them, those the spec does not know included; undefined where it was not asked. */
  readonly listed?: readonly EtcdListed[]
}

/** A member in etcd's own list. */
export interface EtcdListed {
  /** Member id in hexadecimal, as etcdctl takes it. */
  readonly id: string
  /** Empty until it has been started for the first time. */
  readonly name: string
  readonly peerUrls: readonly string[]
}

export interface EtcdMemberView {
  readonly name: string
  /** Member id in hexadecimal, as etcdctl prints it. */
  readonly id?: string
  readonly healthy: boolean
  readonly leader: boolean
  readonly dbSizeBytes?: number
  /** Such as `3.4.23`. */
  readonly version?: string
}

/** One pool of PgBouncer (SHOW POOLS). */
export interface PoolView {
  readonly database: string
  readonly user: string
  readonly clientsActive: number
  readonly clientsWaiting: number
  readonly serversActive: number
  readonly serversIdle: number
  readonly longestWaitSeconds: number
  readonly paused: boolean
}

/** One server of one HAProxy listener. */
export interface RouteView {
  readonly route: 'write' | 'read'
  readonly member: string
  readonly up: boolean
  readonly sessions: number
}
