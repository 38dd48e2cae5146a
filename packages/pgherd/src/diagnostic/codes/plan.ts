import type { CodeTable } from '../code-table.ts'

export const planCodes = {
  PLAN_STALE: {
    severity: 'error',
    summary: 'the saved plan no longer fits what is there',
    outcome: 'refused',
  },
  PLAN_UNREADABLE: { severity: 'error', summary: 'the file is not a plan pgherd saved', outcome: 'usage' },
  PLAN_DECLINED: {
    severity: 'info',
    summary: 'nothing was changed: the plan was not confirmed',
    outcome: 'refused',
  },
  PLAN_NOT_REACHED: { severity: 'error', summary: 'the declared state was not reached', outcome: 'failed' },
  CLUSTER_FOREIGN: {
    severity: 'error',
    summary: 'etcd belongs to another database than the data directory',
    outcome: 'refused',
  },
  MEMBERS_CHANGED: {
    severity: 'error',
    summary: 'the spec names other servers than the cluster has',
    outcome: 'refused',
  },
  SINGLE_NOT_CLUSTER: {
    severity: 'error',
    summary: 'a single server and a cluster cannot be made of each other in place',
    outcome: 'refused',
  },
  CLUSTER_NOT_WHOLE: { severity: 'error', summary: 'the cluster did not become whole', outcome: 'failed' },
  DATA_DIRECTORY_MISSING: { severity: 'error', summary: 'the data directory is gone', outcome: 'refused' },
  DATA_DIRECTORY_FOREIGN: {
    severity: 'error',
    summary: 'the data directory belongs to another database',
    outcome: 'refused',
  },
  DATA_DIRECTORY_OTHER_MAJOR: {
    severity: 'error',
    summary: 'the data directory is of another PostgreSQL version',
    outcome: 'refused',
  },
  DATA_DIRECTORY_NOT_EMPTY: {
    severity: 'error',
    summary: 'the place for the data directory is not empty',
    outcome: 'refused',
  },
  PORT_TAKEN: { severity: 'error', summary: 'another program listens on the port', outcome: 'refused' },
  APPLIED_UNREADABLE: {
    severity: 'error',
    summary: 'the record of the last up is damaged',
    outcome: 'refused',
  },
  STEP_FAILED: { severity: 'error', summary: 'a step of the plan failed', outcome: 'failed' },
  AGENT_SILENT: { severity: 'error', summary: 'the agent does not answer', outcome: 'failed' },
} as const satisfies CodeTable
