import type { CodeTable } from '../code-table.ts'

export const specCodes = {
  SPEC_UNREADABLE: { severity: 'error', summary: 'the spec file cannot be read', outcome: 'usage' },
  SPEC_TOO_LARGE: {
    severity: 'error',
    summary: 'the spec is larger than any spec should be',
    outcome: 'usage',
  },
  SPEC_SYNTAX: { severity: 'error', summary: 'the spec file is not valid YAML', outcome: 'usage' },
  SPEC_CODE_FAILED: { severity: 'error', summary: 'the code of the spec file failed', outcome: 'usage' },
  SPEC_DUPLICATE_KEY: { severity: 'error', summary: 'the spec has a key twice', outcome: 'usage' },
  SPEC_UNKNOWN_KEY: {
    severity: 'error',
    summary: 'the spec has a key pgherd does not know',
    outcome: 'usage',
  },
  SPEC_MISSING: {
    severity: 'error',
    summary: 'the spec leaves out something that is needed',
    outcome: 'usage',
  },
  SPEC_INVALID: { severity: 'error', summary: 'a value in the spec is not allowed', outcome: 'usage' },
  SPEC_SECRET: { severity: 'error', summary: 'a secret must be a reference', outcome: 'usage' },
  SPEC_NAME: { severity: 'error', summary: 'a name in the spec cannot be used', outcome: 'usage' },
  SPEC_UNDECLARED: {
    severity: 'error',
    summary: 'the spec names something it does not declare',
    outcome: 'usage',
  },
  SPEC_CONTRADICTION: {
    severity: 'error',
    summary: 'two settings of the spec contradict each other',
    outcome: 'usage',
  },
  SPEC_UNSAFE: { severity: 'error', summary: 'the spec asks for something unsafe', outcome: 'usage' },
  SPEC_DOUBTFUL: {
    severity: 'warning',
    summary: 'the spec asks for something that is rarely meant',
    outcome: 'usage',
  },
} as const satisfies CodeTable
