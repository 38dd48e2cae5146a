import type { FastifyInstance } from 'fastify'
import { text } from '../../../checks/amount.ts'
import { mend } from '../../../diagnostic/diagnostic.ts'
import { ApiError } from '../api-error.ts'
import type { HttpParts } from '../parts.ts'
import { databaseHealthSchema, databaseMetricsSchema, healthSchema } from '../schemas/health.ts'
import { findingsSchema } from '../schemas/diagnostic.ts'

interface DatabaseHealth {
  readonly status: 'healthy' | 'degraded' | 'unhealthy'
  readonly source: 'database' | 'agent'
  readonly message: string | null
  readonly checks: readonly object[]
}

const numberOrNull = (value: unknown) => (value === null || value === undefined ? null : Number(value))
const textOrNull = (value: unknown) => (value === null || value === undefined ? null : text(value))

/** Health for load balancers and people; the first from memory, the others from the functions in schema pgherd. */
export function healthRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.get(
    '/health',
    {
      schema: {
        summary: 'Whether PostgreSQL answers; always answered from memory',
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    (_, reply) => {
      const { state, silentSeconds, reason } = parts.server()
      const healthy = state === 'up'
      return reply.code(healthy ? 200 : 503).send({
        status: healthy ? 'healthy' : 'unhealthy',
        healthy,
        checks: { postgres: { state, silentSeconds, reason } },
      })
    },
  )

  app.get(
    '/health/database',
    {
      schema: {
        summary: 'simple_health_check() and detailed_health_check()',
        response: { 200: databaseHealthSchema, 503: databaseHealthSchema },
      },
    },
    async (_, reply) => {
      const health = await databaseHealth(parts)
      const healthy = health.status !== 'unhealthy'
      return reply.code(healthy ? 200 : 503).send({ ...health, healthy })
    },
  )

  app.get(
    '/health/database/metrics',
    {
      schema: {
        summary: 'get_database_metrics()',
        response: { 200: databaseMetricsSchema, 503: findingsSchema },
      },
    },
    async () => ({ metrics: await databaseMetrics(parts) }),
  )
}

async function databaseHealth(parts: HttpParts): Promise<DatabaseHealth> {
  if (parts.server().state !== 'up') return ownJudgement(parts)
  try {
    const [simple] = await parts.ask('postgres', 'select status, message from pgherd.simple_health_check()')
    const detailed = await parts.ask(
      'postgres',
      'select check_name, status, value, threshold, unit, message, mend from pgherd.detailed_health_check()',
    )
    const status = String(simple?.['status'])
    return {
      status: status === 'healthy' || status === 'degraded' ? status : 'unhealthy',
      source: 'database',
      message: textOrNull(simple?.['message']),
      checks: detailed.map((row) => ({
        name: String(row['check_name']),
        status: String(row['status']),
        value: numberOrNull(row['value']),
        threshold: numberOrNull(row['threshold']),
        unit: textOrNull(row['unit']),
        message: textOrNull(row['message']),
        mend: textOrNull(row['mend']),
      })),
    }
  } catch (error) {
    parts.log.warn({ err: error }, 'the health functions cannot be asked')
    return ownJudgement(parts)
  }
}

/** What the agent knows by itself, for when the functions are missing or the server does not answer. */
function ownJudgement(parts: HttpParts): DatabaseHealth {
  const { state, reason } = parts.server()
  const { findings } = parts.status()
  const about = findings.filter((finding) => finding.severity !== 'info')
  const status = state !== 'up' ? 'unhealthy' : about.length > 0 ? 'degraded' : 'healthy'
  return {
    status,
    source: 'agent',
    message:
      state === 'up'
        ? 'The health functions in schema pgherd could not be asked; `pgherd up` installs them.'
        : (reason ?? `The server is ${state}.`),
    checks: about.map((finding) => ({
      name: finding.code,
      status: finding.severity,
      message: finding.detail,
    })),
  }
}

async function databaseMetrics(parts: HttpParts): Promise<readonly object[]> {
  if (parts.server().state !== 'up')
    throw new ApiError(503, 'SERVER_DOWN', {
      detail: `PostgreSQL does not answer (${parts.server().state}), so there are no metrics.`,
      mend: mend.run('pgherd', 'up'),
    })
  try {
    const rows = await parts.ask(
      'postgres',
      'select metric_name, value, unit, labels from pgherd.get_database_metrics()',
    )
    return rows.map((row) => ({
      name: String(row['metric_name']),
      value: numberOrNull(row['value']),
      unit: textOrNull(row['unit']),
      labels: row['labels'] ?? {},
    }))
  } catch (error) {
    parts.log.warn({ err: error }, 'get_database_metrics() cannot be asked')
    throw new ApiError(503, 'CHECK_UNANSWERED', {
      detail: 'pgherd.get_database_metrics() could not be asked; the log of the agent says why.',
      mend: mend.run('pgherd', 'up'),
    })
  }
}
