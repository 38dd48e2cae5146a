import type { FastifyInstance } from 'fastify'
import { mend } from '../../../diagnostic/diagnostic.ts'
import { jobKinds, type JobKind } from '../../scheduler/job.ts'
import { ApiError } from '../api-error.ts'
import type { HttpParts } from '../parts.ts'
import { findingsSchema } from '../schemas/diagnostic.ts'
import { acceptedSchema, jobSchema, jobsSchema } from '../schemas/jobs.ts'

/** Jobs to read, and the two that can be started from outside. */
export function jobRoutes(app: FastifyInstance, parts: HttpParts): void {
  app.get(
    '/api/v1/jobs',
    { schema: { summary: 'The last 200 jobs, newest first', response: { 200: jobsSchema } } },
    () => ({
      jobs: parts.jobs.list().toReversed(),
      next: Object.fromEntries(
        jobKinds.map((kind) => [kind, parts.jobs.nextRun(kind)?.toISOString() ?? null]),
      ),
    }),
  )

  app.get<{ Params: { id: string } }>(
    '/api/v1/jobs/:id',
    {
      schema: {
        summary: 'One job',
        params: { type: 'object', required: ['id'], properties: { id: { type: 'string', maxLength: 80 } } },
        response: { 200: jobSchema, 404: findingsSchema },
      },
    },
    (request) => {
      const job = parts.jobs.find(request.params.id)
      if (job) return job
      throw new ApiError(404, 'HTTP_JOB_UNKNOWN', {
        detail: `There is no job ${JSON.stringify(request.params.id)}; the last 200 are kept.`,
        mend: mend.advice('GET /api/v1/jobs lists them.'),
      })
    },
  )

  startRoute(app, parts, '/api/v1/backups', 'backup', 'Take a base backup now')
  startRoute(app, parts, '/api/v1/proofs', 'proof', 'Restore the newest backup and check it now')
}

function startRoute(
  app: FastifyInstance,
  parts: HttpParts,
  url: string,
  kind: JobKind,
  summary: string,
): void {
  const response = { 202: acceptedSchema, 401: findingsSchema, 409: findingsSchema }
  app.post(url, { schema: { summary, security: [{ token: [] }], response } }, (_, reply) => {
    const job = parts.jobs.request(kind)
    if (!job) {
      const other = parts.jobs.underWay(kind)
      throw new ApiError(409, 'HTTP_JOB_RUNNING', {
        detail: other
          ? `The ${kind} ${other.id} is ${other.state} already.`
          : `No ${kind} can be started: the agent is stopping.`,
        mend: mend.advice(
          other ? `GET /api/v1/jobs/${other.id} tells how far it is.` : 'Try again when the agent is back.',
        ),
      })
    }
    return reply.code(202).header('location', `/api/v1/jobs/${job.id}`).send({ job })
  })
}
