import type { CodeTable } from '../code-table.ts'

export const agentCodes = {
  // health checks: the code is the check's id in upper case, or a neighbour of it
  SERVER_DOWN: { severity: 'error', summary: 'PostgreSQL is not running', outcome: 'findings' },
  SERVER_REFUSING: { severity: 'error', summary: 'PostgreSQL takes no new sessions', outcome: 'findings' },
  SERVER_FROZEN: { severity: 'error', summary: 'PostgreSQL exists but does not answer', outcome: 'findings' },
  SLOT_LOST: { severity: 'error', summary: 'the WAL a replication slot needs is gone', outcome: 'findings' },
  SLOT_NEARLY_LOST: {
    severity: 'warning',
    summary: 'the WAL a replication slot needs is about to go',
    outcome: 'findings',
  },
  CHECKSUM_FAILING: { severity: 'error', summary: 'damaged pages were read', outcome: 'findings' },
  WRAPAROUND_NEAR: {
    severity: 'warning',
    summary: 'transaction numbers are running out',
    outcome: 'findings',
  },
  DISK_NEARLY_FULL: { severity: 'warning', summary: 'a disk is nearly full', outcome: 'findings' },
  ARCHIVE_GAP: { severity: 'error', summary: 'the WAL archive has a gap', outcome: 'findings' },
  ARCHIVE_GAP_HEALED: {
    severity: 'info',
    summary: 'older backups end at a gap in the WAL archive',
    outcome: 'findings',
  },
  ARCHIVE_BEHIND: {
    severity: 'error',
    summary: 'the WAL archive is further behind than the RPO',
    outcome: 'findings',
  },
  ARCHIVE_FAILING: { severity: 'error', summary: 'WAL is not being archived', outcome: 'findings' },
  BACKUP_MISSING: { severity: 'error', summary: 'there is no backup', outcome: 'findings' },
  BACKUP_TOO_OLD: { severity: 'error', summary: 'the newest backup is too old', outcome: 'findings' },
  PROOF_FAILED: { severity: 'error', summary: 'the newest proof of a backup failed', outcome: 'findings' },
  PROOF_INCOMPLETE: {
    severity: 'warning',
    summary: 'the newest proof could not check everything',
    outcome: 'findings',
  },
  PROOF_MISSING: { severity: 'warning', summary: 'no backup has been proven', outcome: 'findings' },
  PROOF_TOO_OLD: { severity: 'warning', summary: 'the newest proof is too old', outcome: 'findings' },
  PROOF_MISSES_OBJECTIVE: {
    severity: 'warning',
    summary: 'the measured RTO or RPO misses the objective',
    outcome: 'findings',
  },
  DATA_KEPT: {
    severity: 'info',
    summary: 'the data from before a restore is still kept',
    outcome: 'findings',
  },
  CERTIFICATE_EXPIRING: { severity: 'warning', summary: 'a certificate ends soon', outcome: 'findings' },
  CERTIFICATE_EXPIRED: { severity: 'error', summary: 'a certificate has expired', outcome: 'findings' },
  CERTIFICATE_UNREADABLE: { severity: 'error', summary: 'a certificate cannot be used', outcome: 'findings' },
  CONNECTIONS_NEAR_LIMIT: {
    severity: 'warning',
    summary: 'connections are running out',
    outcome: 'findings',
  },
  TRANSACTION_TOO_LONG: {
    severity: 'warning',
    summary: 'a transaction is open for too long',
    outcome: 'findings',
  },
  QUERY_TOO_LONG: { severity: 'warning', summary: 'a query runs for too long', outcome: 'findings' },
  REPLICA_BEHIND: { severity: 'warning', summary: 'a standby is behind', outcome: 'findings' },
  JOB_FAILING: { severity: 'error', summary: 'scheduled work fails', outcome: 'findings' },
  PENDING_RESTART: {
    severity: 'warning',
    summary: 'changed settings wait for a restart',
    outcome: 'findings',
  },
  REPOSITORY_SHARES_DISK: {
    severity: 'warning',
    summary: 'the backups are on the disk of the data',
    outcome: 'findings',
  },
  EMBEDDED_BUILD: {
    severity: 'info',
    summary: 'the embedded PostgreSQL build is for development and small use',
    outcome: 'findings',
  },
  CHECK_UNANSWERED: { severity: 'warning', summary: 'a health check got no answer', outcome: 'findings' },

  // clusters
  CLUSTER_LEADERLESS: { severity: 'error', summary: 'the cluster has no primary', outcome: 'findings' },
  CLUSTER_WITHOUT_QUORUM: { severity: 'error', summary: 'etcd has no majority', outcome: 'findings' },
  CLUSTER_NOT_SYNCHRONOUS: {
    severity: 'warning',
    summary: 'no standby confirms commits',
    outcome: 'findings',
  },
  CLUSTER_MEMBER_AWAY: { severity: 'warning', summary: 'a member does not stream', outcome: 'findings' },
  CLUSTER_AUTOMATION_PAUSED: {
    severity: 'warning',
    summary: 'the automation of the cluster is paused',
    outcome: 'findings',
  },
  POOLER_DOWN: { severity: 'error', summary: 'applications cannot log in to the pool', outcome: 'findings' },
  POOLS_HELD: { severity: 'warning', summary: 'the pools are paused, so clients wait', outcome: 'findings' },
  ROUTER_DOWN: { severity: 'error', summary: 'HAProxy does not lead to the primary', outcome: 'findings' },
  REDIS_DOWN: { severity: 'error', summary: 'Redis does not answer', outcome: 'findings' },
  ETCD_MEMBER_AWAY: { severity: 'warning', summary: 'a member of etcd does not answer', outcome: 'findings' },
  FENCE_AWAY: { severity: 'error', summary: 'a fence does not watch its server', outcome: 'findings' },
  FENCE_ACTED: { severity: 'warning', summary: 'a fence had to act', outcome: 'findings' },
  UNIT_RESTARTING: { severity: 'error', summary: 'a program ends again and again', outcome: 'findings' },
  AUTOMATION_RESUMED: {
    severity: 'info',
    summary: 'a pause of automation has come to its end',
    outcome: 'findings',
  },
  KEEPER_FAILING: {
    severity: 'error',
    summary: 'the agent cannot look after the cluster',
    outcome: 'findings',
  },

  DRILL_FAILING: {
    severity: 'warning',
    summary: 'the newest run of a drill missed its objectives or was broken off',
    outcome: 'findings',
  },
  DRILL_UNSAFE: {
    severity: 'error',
    summary: 'the newest run of a drill lost writes or showed two primaries',
    outcome: 'findings',
  },
  DRILL_OVERDUE: { severity: 'warning', summary: 'a scheduled drill did not run', outcome: 'findings' },

  // the daemon
  AGENT_FILE_INVALID: {
    severity: 'error',
    summary: 'the agent cannot read its configuration',
    outcome: 'usage',
  },
  AGENT_PORT_TAKEN: { severity: 'error', summary: 'the port of the agent is taken', outcome: 'failed' },
  AGENT_CANNOT_LISTEN: { severity: 'error', summary: 'the agent cannot listen', outcome: 'failed' },
  AGENT_NEEDS_TLS: {
    severity: 'error',
    summary: 'the agent listens beyond loopback without TLS',
    outcome: 'refused',
  },
  JOB_UNFINISHED: { severity: 'warning', summary: 'a job was cut off', outcome: 'failed' },
  JOB_DEFECT: { severity: 'error', summary: 'a job ended with an unexpected error', outcome: 'failed' },

  // answers of the HTTP interface
  HTTP_NOT_FOUND: { severity: 'error', summary: 'there is nothing at this address', outcome: 'usage' },
  HTTP_BAD_REQUEST: { severity: 'error', summary: 'the request cannot be understood', outcome: 'usage' },
  HTTP_WRONG_HOST: { severity: 'error', summary: 'the Host header names another server', outcome: 'refused' },
  HTTP_TOKEN_NEEDED: {
    severity: 'error',
    summary: 'the request needs the token of the agent',
    outcome: 'refused',
  },
  HTTP_TOO_MANY_REQUESTS: { severity: 'error', summary: 'too many requests', outcome: 'refused' },
  HTTP_JOB_RUNNING: { severity: 'error', summary: 'this job is already under way', outcome: 'refused' },
  HTTP_JOB_UNKNOWN: { severity: 'error', summary: 'there is no such job', outcome: 'usage' },
  HTTP_INTERNAL: { severity: 'error', summary: 'the agent failed to answer', outcome: 'failed' },
} as const satisfies CodeTable
