/** `GET /health`. */
export const healthSchema = {
  type: 'object',
  required: ['status', 'healthy', 'checks'],
  additionalProperties: false,
  properties: {
    status: { type: 'string', enum: ['healthy', 'unhealthy'] },
    healthy: { type: 'boolean' },
    checks: {
      type: 'object',
      required: ['postgres'],
      additionalProperties: false,
      properties: {
        postgres: {
          type: 'object',
          required: ['state', 'silentSeconds', 'reason'],
          additionalProperties: false,
          properties: {
            state: { type: 'string', enum: ['up', 'refusing', 'down', 'frozen', 'unknown'] },
            silentSeconds: { type: ['number', 'null'] },
            reason: { type: ['string', 'null'] },
          },
        },
      },
    },
  },
} as const

/** `GET /health/database`: what simple_health_check() and detailed_health_check() say, or the agent in their stead. */
export const databaseHealthSchema = {
  type: 'object',
  required: ['status', 'healthy', 'source', 'checks'],
  additionalProperties: false,
  properties: {
    status: { type: 'string', enum: ['healthy', 'degraded', 'unhealthy'] },
    healthy: { type: 'boolean' },
    source: {
      type: 'string',
      enum: ['database', 'agent'],
      description: 'agent: the functions could not be asked',
    },
    message: { type: ['string', 'null'] },
    checks: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'status'],
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          status: { type: 'string' },
          value: { type: ['number', 'null'] },
          threshold: { type: ['number', 'null'] },
          unit: { type: ['string', 'null'] },
          message: { type: ['string', 'null'] },
          mend: { type: ['string', 'null'] },
        },
      },
    },
  },
} as const

/** `GET /health/database/metrics`. */
export const databaseMetricsSchema = {
  type: 'object',
  required: ['metrics'],
  additionalProperties: false,
  properties: {
    metrics: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'value', 'unit', 'labels'],
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          value: { type: ['number', 'null'] },
          unit: { type: ['string', 'null'] },
          labels: { type: 'object' },
        },
      },
    },
  },
} as const
