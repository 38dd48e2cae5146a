import type { ClusterView, MemberView } from '../plan/cluster-view.ts'

/** A standby that streams from pg1 without lag; parts of it changed. */
export function standby(name: string, change: Partial<MemberView> = {}): MemberView {
  return {
    name,
    role: 'standby',
    state: 'streaming',
    timeline: 3,
    lagBytes: 0,
    lagSeconds: 0,
    sync: 'async',
    pendingRestart: false,
    ...change,
  }
}

export function primary(name: string, change: Partial<MemberView> = {}): MemberView {
  return {
    name,
    role: 'primary',
    state: 'running',
    timeline: 3,
    sync: 'none',
    pendingRestart: false,
    ...change,
  }
}

/** A healthy cluster of three, pg1 the primary and pg2 synchronous; parts of it changed. */
export function healthyView(change: Partial<ClusterView> = {}): ClusterView {
  const etcd = ['pg1', 'pg2', 'pg3'].map((name) => ({
    name,
    id: name,
    healthy: true,
    leader: name === 'pg1',
  }))
  return {
    leader: 'pg1',
    members: [primary('pg1'), standby('pg2', { sync: 'sync' }), standby('pg3')],
    etcd: { members: etcd, quorum: true },
    paused: false,
    failsafeActive: false,
    synchronous: ['pg2'],
    dynamicConfig: { synchronous_mode: true, loop_wait: 2 },
    pools: [],
    routes: [],
    ...change,
  }
}

/** The same without anybody who holds the leader lock. */
export function leaderless(change: Partial<ClusterView> = {}): ClusterView {
  const { leader: _leader, ...view } = healthyView(change)
  return view
}
