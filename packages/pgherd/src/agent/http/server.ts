import type { Server } from 'node:http'
import swagger from '@fastify/swagger'
import Fastify, { type FastifyInstance } from 'fastify'
import { diagnose, DiagnosticError, mend } from '../../diagnostic/diagnostic.ts'
import { installErrors, refuseUnparsed, refuseUnrouted } from './errors.ts'
import { installGuards } from './guards.ts'
import { boundHalfOpen } from './half-open.ts'
import { isLoopback } from './host-header.ts'
import type { HttpOptions, HttpParts } from './parts.ts'
import { healthRoutes } from './routes/health.ts'
import { jobRoutes } from './routes/jobs.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { readRoutes } from './routes/reads.ts'

/** Limits of one connection, in milliseconds and bytes. */
const limits = {
  requestMs: 10_000,
  headersMs: 5_000,
  idleMs: 15_000,
  headerBytes: 8 * 1024,
  bodyBytes: 16 * 1024,
  halfOpen: 200,
  connections: 1000,
} as const

/**
 * The HTTP interface, ready to listen.
 *
 * @throws DiagnosticError AGENT_NEEDS_TLS when the address is not loopback's and there is no certificate
 */
export async function httpServer(parts: HttpParts, options: HttpOptions): Promise<FastifyInstance> {
  if (!isLoopback(options.address) && !options.tls)
    throw new DiagnosticError(
      diagnose('AGENT_NEEDS_TLS', {
        detail: `agent.listen is ${options.address}, which other machines can reach, and there is no server certificate: tokens would travel in the clear.`,
        mend: mend.edit('agent.listen', '127.0.0.1'),
        at: { path: 'agent.listen' },
      }),
    )
  const settings = {
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.idleMs,
    keepAliveTimeout: 5_000,
    maxRequestsPerSocket: 10_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
    clientErrorHandler: refuseUnparsed,
    frameworkErrors: refuseUnrouted,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: 1000,
    },
  }
  const app = options.tls
    ? (Fastify({
        ...settings,
        https: {
          ...settings.http,
          ...options.tls,
          minVersion: 'TLSv1.3' as const,
          handshakeTimeout: limits.headersMs,
        },
      }) as unknown as FastifyInstance)
    : Fastify(settings)
  // answers are plain data of ours, checked against their schemas by the tests: no code is generated for them
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.removeContentTypeParser('text/plain')
  installErrors(app, parts.log)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'pgherd agent',
        version: '1',
        description: 'Health, status, backups and proofs of one member',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
  })
  installGuards(app, parts, options)
  healthRoutes(app, parts)
  metricsRoutes(app, parts)
  readRoutes(app, parts)
  jobRoutes(app, parts)
  const server: Server = app.server
  server.maxConnections = limits.connections
  boundHalfOpen(server, limits.halfOpen)
  await app.ready()
  return app
}

/**
 * Listens.
 *
 * @throws DiagnosticError AGENT_PORT_TAKEN, AGENT_CANNOT_LISTEN
 */
export async function listen(app: FastifyInstance, options: HttpOptions): Promise<void> {
  try {
    await app.listen({ host: options.address, port: options.port, backlog: 511 })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const where = `${options.address}:${options.port}`
    if (code === 'EADDRINUSE')
      throw new DiagnosticError(
        diagnose('AGENT_PORT_TAKEN', {
          detail: `Another program listens on ${where}, so health, metrics and the API of this database cannot be reached. PostgreSQL, archiving and scheduled backups go on.`,
          mend: mend.edit('agent.port', options.port + 1),
          at: { path: 'agent.port' },
        }),
      )
    throw new DiagnosticError(
      diagnose('AGENT_CANNOT_LISTEN', {
        detail: `The agent cannot listen on ${where}: ${message}.`,
        mend: mend.edit('agent.listen', '127.0.0.1'),
        at: { path: 'agent.listen' },
      }),
    )
  }
}
