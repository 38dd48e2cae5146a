import { request as httpsRequest } from 'node:https'
import type { ClientCertificate } from './access.ts'

export interface HttpsRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'OPTIONS'
  readonly host: string
  readonly port: number
  readonly path: string
  readonly tls: Partial<ClientCertificate> & Pick<ClientCertificate, 'ca'>
  /** `user:password`. */
  readonly auth?: string
  readonly body?: unknown
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export interface HttpsAnswer {
  readonly status: number
  readonly body: string
}

/** Answers are small documents; more than this is not read. */
const longestBody = 4 * 2 ** 20

/** One request over TLS, its certificate checked against our CA. Rejects when there is no whole answer in time, and with the signal's reason. */
export function ask({ tls, body, timeoutMs, signal, ...options }: HttpsRequest): Promise<HttpsAnswer> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      if (signal?.aborted) reject(signal.reason instanceof Error ? signal.reason : error)
      else reject(deadline.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error)
    }
    const request = httpsRequest(
      {
        ...options,
        ...tls,
        agent: false,
        minVersion: 'TLSv1.2',
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        headers:
          text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          answer += part
          if (answer.length > longestBody) response.destroy(new Error('the answer is too long'))
        })
        response.once('error', failed)
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: answer }))
      },
    )
    request.once('error', failed)
    request.end(text)
  })
}
