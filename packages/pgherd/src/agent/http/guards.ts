import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mend } from '../../diagnostic/diagnostic.ts'
import { ApiError } from './api-error.ts'
import { carriesToken } from './bearer.ts'
import { isLoopback, isOurHost } from './host-header.ts'
import type { HttpOptions, HttpParts } from './parts.ts'
import { RateLimit } from './rate-limit.ts'
import { securityHeaders } from './security-headers.ts'

/** Requests of one caller per second; /health has a bound of its own, so that nobody can use it up. */
const bounds = { health: [200, 400], reads: [50, 100], writes: [1, 10] } as const

/** What every request must pass, in this order: rate, Host header, token. */
export function installGuards(app: FastifyInstance, parts: HttpParts, options: HttpOptions): void {
  const limits = {
    health: new RateLimit(...bounds.health, parts.clock),
    reads: new RateLimit(...bounds.reads, parts.clock),
    writes: new RateLimit(...bounds.writes, parts.clock),
  }
  const open = isLoopback(options.address)

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders)
    if (options.tls) reply.header('strict-transport-security', 'max-age=31536000')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const limit = request.url === '/health' ? limits.health : isRead ? limits.reads : limits.writes
    if (!limit.take(request.ip)) {
      reply.header('retry-after', '1')
      throw new ApiError(429, 'HTTP_TOO_MANY_REQUESTS', {
        detail: 'This caller asks too often.',
        mend: mend.advice('Wait a second between requests.'),
      })
    }
    if (!isOurHost(request.headers.host, [options.address, ...options.names]))
      throw new ApiError(421, 'HTTP_WRONG_HOST', {
        detail: 'The Host header does not name this server.',
        mend: mend.advice(
          `Use http${options.tls ? 's' : ''}://${options.address}:${options.port}/, or add the name to tls.hosts in the spec.`,
        ),
      })
    const isHealth = request.url === '/health'
    if (!isRead || (!open && !isHealth))
      await requireToken(parts, request, () => void reply.header('www-authenticate', 'Bearer'))
  })
}

async function requireToken(parts: HttpParts, request: FastifyRequest, challenge: () => void): Promise<void> {
  const token = await parts.token().catch((error: unknown) => {
    parts.log.error(
      { err: error },
      'the token of the agent cannot be read; every request that needs it is refused',
    )
    return ''
  })
  if (carriesToken(request.headers.authorization, token)) return
  challenge()
  throw new ApiError(401, 'HTTP_TOKEN_NEEDED', {
    detail:
      request.headers.authorization === undefined
        ? 'This request needs a token.'
        : 'The token of this request is not the right one.',
    mend: mend.advice(
      'Send "Authorization: Bearer <token>"; the token is in the file secrets/agent-token of the state directory.',
    ),
  })
}
