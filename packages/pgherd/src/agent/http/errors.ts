import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { diagnose, DiagnosticError, mend, type Diagnostic } from '../../diagnostic/diagnostic.ts'
import type { Log } from '../log.ts'
import { ApiError } from './api-error.ts'
import { securityHeaders } from './security-headers.ts'

const askTheDocs = mend.advice('GET /api/v1/openapi.json lists every address and what it takes.')

const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** Answers every failure with findings as JSON; what is no fault of the caller is logged and told without detail. */
export function installErrors(app: FastifyInstance, log: Log): void {
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ findings: [notFound(request.method, request.url)] })
  })
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof ApiError) return reply.code(error.statusCode).send({ findings: error.findings })
    if (error instanceof DiagnosticError) return reply.code(500).send({ findings: error.diagnostics })
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ findings: [badRequest(error.message)] })
    log.error(
      { err: error, method: request.method, path: request.routeOptions.url },
      'a request ended with an unexpected error',
    )
    return reply.code(500).send({
      findings: [
        diagnose('HTTP_INTERNAL', {
          detail: 'The agent could not answer this request; its log says why.',
          mend: mend.run('pgherd', 'logs', 'agent'),
        }),
      ],
    })
  })
}

/** What the router refuses before there is a route: broken escapes, parameters that are too long. */
export function refuseUnrouted(error: FastifyError, _: FastifyRequest, reply: FastifyReply): void {
  reply.headers(securityHeaders)
  void reply
    .code(error.statusCode ?? 400)
    .send({ findings: [badRequest(STATUS_CODES[error.statusCode ?? 400] ?? 'Bad Request')] })
}

function notFound(method: string, url: string): Diagnostic {
  const shown = url.split('?')[0]?.slice(0, 100) ?? ''
  return diagnose('HTTP_NOT_FOUND', {
    detail: `There is no ${method} ${JSON.stringify(shown)}.`,
    mend: askTheDocs,
  })
}

function badRequest(detail: string): Diagnostic {
  return diagnose('HTTP_BAD_REQUEST', {
    detail: `${detail.slice(0, 200)}.`.replace(/\.\.$/, '.'),
    mend: askTheDocs,
  })
}

/**
 * What the parser of Node refuses before there is a request: garbage, headers that are too large
 * (431) or too slow (408). Answered by hand, and the connection is closed.
 */
export function refuseUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const body = JSON.stringify({ findings: [badRequest(STATUS_CODES[status] ?? 'Bad Request')] })
  const headers = {
    ...securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
  setTimeout(() => socket.destroy(), 1000).unref()
}
