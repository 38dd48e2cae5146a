import type { CodeTable } from '../code-table.ts'

export const clusterCodes = {
  PATRONI_UNREACHABLE: { severity: 'error', summary: 'Patroni does not answer', outcome: 'failed' },
  PATRONI_REFUSED: { severity: 'error', summary: 'Patroni did not do it', outcome: 'failed' },
  ETCD_FAILED: { severity: 'error', summary: 'etcd did not carry out a command', outcome: 'failed' },
  POOLER_UNREACHABLE: { severity: 'error', summary: 'PgBouncer does not answer', outcome: 'failed' },
  POOLER_REFUSED: { severity: 'error', summary: 'PgBouncer did not do it', outcome: 'failed' },
  ROUTER_UNREACHABLE: { severity: 'error', summary: 'HAProxy does not answer', outcome: 'failed' },
  CLUSTER_NOT_AS_AWAITED: {
    severity: 'error',
    summary: 'the cluster did not become as wanted in time',
    outcome: 'failed',
  },
  DURABILITY_UNAVAILABLE: {
    severity: 'error',
    summary: 'the installed Patroni cannot promise this durability',
    outcome: 'refused',
  },
  POOLS_BUSY: {
    severity: 'error',
    summary: 'clients did not end their transactions in time',
    outcome: 'refused',
  },
} as const satisfies CodeTable
