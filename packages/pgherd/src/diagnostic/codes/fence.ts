import type { CodeTable } from '../code-table.ts'

export const fenceCodes = {
  FENCE_FILE_INVALID: {
    severity: 'error',
    summary: 'the file the fence starts with cannot be used',
    outcome: 'refused',
  },
  FAULTS_UNAVAILABLE: {
    severity: 'error',
    summary: 'this machine cannot cut a member off',
    outcome: 'refused',
  },
  FAULT_WITHOUT_PROCESS: {
    severity: 'error',
    summary: 'what a drill was to hit does not run',
    outcome: 'refused',
  },
  PACKAGES_MISSING: {
    severity: 'error',
    summary: 'programs the spec needs are not installed',
    outcome: 'refused',
  },
  PACKAGES_NOT_INSTALLED: {
    severity: 'error',
    summary: 'packages could not be installed',
    outcome: 'failed',
  },
} as const satisfies CodeTable
