/** JSON Schema of DrillStatus (agent/drill-status.ts). */
export const drillStatusSchema = {
  type: 'object',
  description: 'In a cluster: the newest drill and the next one by schedule',
  required: ['last', 'next'],
  additionalProperties: false,
  properties: {
    last: {
      type: ['object', 'null'],
      description: 'The newest run; null when no drill ever ran',
      required: ['drill', 'startedAt', 'writeGapSeconds', 'lostAcknowledgedWrites', 'objectivesMet'],
      additionalProperties: false,
      properties: {
        drill: { type: 'string' },
        startedAt: { type: 'string', format: 'date-time' },
        writeGapSeconds: {
          type: 'number',
          minimum: 0,
          description: 'Longest time without an acknowledged write',
        },
        lostAcknowledgedWrites: { type: 'integer', minimum: 0 },
        objectivesMet: { type: 'boolean' },
      },
    },
    next: {
      type: ['object', 'null'],
      description: 'The scheduled drill that is due first; null when none is scheduled',
      required: ['drill', 'at'],
      additionalProperties: false,
      properties: { drill: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
    },
  },
} as const
