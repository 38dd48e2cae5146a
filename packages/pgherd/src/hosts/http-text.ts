import { readFileSync } from 'node:fs'
import type http from 'node:http'
import https from 'node:https'

/** Answers are small documents; more than this is not read. */
const longestBody = 4 * 2 ** 20

/**
 * GET of an address of ours, with its body as text. `ca` is the certificate file that https is checked against. Rejects with
 * the error of the socket, or of the time that is over. Neither the global fetch nor an `import` of node:http, which asks
 * for all of its names: both load undici, which costs a command 80 ms of the processor.
 */
export function httpText(
  url: string,
  timeoutMs: number,
  ca?: string,
): Promise<{ status: number; body: string }> {
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    const answered = (response: http.IncomingMessage) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
        if (body.length > longestBody) response.destroy(new Error('the answer is too long'))
      })
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
    }
    const request = url.startsWith('https:')
      ? https.get(url, { signal, agent: false, ...(ca ? { ca: readFileSync(ca) } : {}) }, answered)
      : process.getBuiltinModule('node:http').get(url, { signal, agent: false }, answered)
    request.once('error', reject)
  })
}
