import type { CodeTable } from '../code-table.ts'

export const tuningCodes = {
  SETTING_UNKNOWN: { severity: 'error', summary: 'the server has no such setting', outcome: 'usage' },
  SETTING_RETIRED: {
    severity: 'error',
    summary: 'this version of the server no longer has the setting',
    outcome: 'usage',
  },
  SETTING_TOO_NEW: {
    severity: 'error',
    summary: 'this version of the server does not have the setting yet',
    outcome: 'usage',
  },
  SETTING_VALUE: {
    severity: 'error',
    summary: 'the server would refuse the value of a setting',
    outcome: 'usage',
  },
  SETTING_FIXED: { severity: 'error', summary: 'pgherd sets this setting itself', outcome: 'usage' },
  SETTING_SCOPE: {
    severity: 'error',
    summary: 'the setting belongs to the whole server, not to a role or database',
    outcome: 'usage',
  },
  SETTING_BUILD: {
    severity: 'error',
    summary: 'these PostgreSQL programs were built without what the value needs',
    outcome: 'usage',
  },
  SETTING_SUSPECT: {
    severity: 'warning',
    summary: 'a custom setting looks like a slip of the pen',
    outcome: 'findings',
  },
  MEMORY_ABOVE_MACHINE: {
    severity: 'error',
    summary: 'the spec gives PostgreSQL more memory than there is',
    outcome: 'refused',
  },
  CPUS_ABOVE_MACHINE: {
    severity: 'warning',
    summary: 'the spec gives PostgreSQL more processors than there are',
    outcome: 'findings',
  },
  MEMORY_TOO_SMALL: {
    severity: 'error',
    summary: 'the memory does not hold the declared sessions',
    outcome: 'refused',
  },
  MEMORY_OVERCOMMITTED: {
    severity: 'warning',
    summary: 'the settings of the spec can use more memory than there is',
    outcome: 'findings',
  },
  WORK_MEM_SMALL: { severity: 'warning', summary: 'the memory leaves little for sorts', outcome: 'findings' },
  CONNECTIONS_BELOW_POOL: {
    severity: 'error',
    summary: 'the pools can open more sessions than the server takes',
    outcome: 'refused',
  },
  VOLUME_TOO_SMALL: {
    severity: 'error',
    summary: 'the volume is too small for the write-ahead log',
    outcome: 'refused',
  },
  WAL_ABOVE_VOLUME: {
    severity: 'error',
    summary: 'the write-ahead log could fill the volume',
    outcome: 'refused',
  },
  FREE_SPACE_SHORT: {
    severity: 'warning',
    summary: 'less space is free than the write-ahead log may take',
    outcome: 'findings',
  },
  DURABILITY_WEAKENED: {
    severity: 'warning',
    summary: 'commits can be lost in a crash',
    outcome: 'findings',
  },
  PRELOAD_UNKNOWN: {
    severity: 'warning',
    summary: 'a library to preload is not known here',
    outcome: 'findings',
  },
  PRELOAD_DATABASES: {
    severity: 'error',
    summary: 'an extension can live in one database only',
    outcome: 'usage',
  },
} as const satisfies CodeTable
