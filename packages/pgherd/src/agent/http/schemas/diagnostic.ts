/** JSON Schema of diagnostic/diagnostic.ts. */
export const diagnosticSchema = {
  type: 'object',
  required: ['code', 'severity', 'summary', 'detail', 'mend', 'at'],
  additionalProperties: false,
  properties: {
    code: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
    severity: { type: 'string', enum: ['error', 'warning', 'info'] },
    summary: { type: 'string', description: 'Fixed per code, without user data' },
    detail: { type: 'string', description: 'What is wrong here, by name; then why it matters' },
    mend: {
      type: 'object',
      required: ['kind'],
      additionalProperties: false,
      properties: {
        kind: { type: 'string', enum: ['run', 'edit', 'advice'] },
        argv: { type: 'array', items: { type: 'string' }, description: 'run: the command' },
        path: { type: 'string', description: 'edit: where in the spec' },
        to: { description: 'edit: the new value' },
        text: { type: 'string', description: 'advice' },
      },
    },
    at: {
      type: 'object',
      additionalProperties: false,
      properties: {
        member: { type: 'string' },
        path: { type: 'string' },
        file: { type: 'string' },
        line: { type: 'integer' },
        column: { type: 'integer' },
      },
    },
  },
} as const

export const findingsSchema = {
  type: 'object',
  required: ['findings'],
  additionalProperties: false,
  properties: { findings: { type: 'array', items: diagnosticSchema } },
} as const
