import type { FastifyInstance } from 'fastify'
import { expose, negotiate } from '../../metrics/exposition.ts'
import type { HttpParts } from '../parts.ts'

/** Prometheus and OpenMetrics. */
export function metricsRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.get(
    '/metrics',
    { schema: { summary: 'Metrics in the Prometheus text format, or OpenMetrics when asked for' } },
    async (request, reply) => {
      const format = negotiate(request.headers.accept)
      const text = await expose(await parts.metrics(), format)
      return reply.type(format).send(text)
    },
  )
}
