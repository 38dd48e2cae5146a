import { readFile } from 'node:fs/promises'
import https from 'node:https'
import type { TLSSocket } from 'node:tls'
import type { PatroniAnswer } from './decide.ts'

/** The status is a few hundred bytes, more with many standbys. */
const longestBody = 2 ** 20

/**
 * A certificate that ended still says who answers: it must not look like a dead Patroni, or the day it ends would stop
 * every primary.
 */
const forgiven: readonly string[] = ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']

/** `refused`: nobody listens there. `silent`: no answer that counts came in time. */
export type Reply = PatroniAnswer | 'refused' | 'silent'

/** Asks Patroni of this member. Never throws. */
export async function askPatroni(url: string, caFile: string, timeoutMs: number): Promise<Reply> {
  try {
    return readAnswer(await get(url, await readFile(caFile), timeoutMs)) ?? 'silent'
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED' ? 'refused' : 'silent'
  }
}

/** Asks Patroni for the ttl of its dynamic configuration, in seconds; undefined without an answer that says so. Never throws. */
export async function askTtl(url: string, caFile: string, timeoutMs: number): Promise<number | undefined> {
  try {
    return readTtl(await get(new URL('/config', url).href, await readFile(caFile), timeoutMs))
  } catch {
    return undefined
  }
}

/** Reads the dynamic configuration (GET /config); undefined when it is none, or has no ttl that Patroni could use. */
export function readTtl(body: string): number | undefined {
  const found = JSON.parse(body) as Record<string, unknown> | null
  // Patroni takes a number that is written as text as well (3.0.2, dcs/etcd.py, int(config['ttl']))
  const ttl = typeof found === 'object' && found !== null ? Number(found['ttl'] ?? NaN) : NaN
  return Number.isFinite(ttl) && ttl >= 1 ? ttl : undefined
}

/** Reads the status document; undefined when it is none. */
export function readAnswer(body: string): PatroniAnswer | undefined {
  const found = JSON.parse(body) as Record<string, unknown> | null
  if (typeof found !== 'object' || found === null || typeof found['state'] !== 'string') return undefined
  const seen = found['dcs_last_seen']
  const about = found['patroni'] as { version?: unknown } | undefined
  return {
    lastSeen: typeof seen === 'number' && Number.isFinite(seen) ? seen : 0,
    failsafe: found['failsafe_mode_is_active'] === true,
    paused: found['pause'] === true,
    ...(typeof about?.version === 'string' ? { version: about.version } : {}),
  }
}

function get(url: string, ca: Buffer, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = https.get(
      url,
      // checked below, where an ended certificate can be told from a wrong one
      { ca, agent: false, rejectUnauthorized: false, signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          body += text
          if (body.length > longestBody) request.destroy(new Error('the answer is too long'))
        })
        response.once('error', reject)
        response.once('end', () => resolve(body))
      },
    )
    request.once('socket', (socket) =>
      socket.once('secureConnect', () => {
        const { authorized, authorizationError } = socket as TLSSocket
        const why = String((authorizationError as { code?: string } | undefined)?.code ?? authorizationError)
        if (!authorized && !forgiven.includes(why)) request.destroy(new Error(why))
      }),
    )
    request.once('error', reject)
  })
}
