import { systemClock } from '../clock.ts'
import type { HttpParts } from './parts.ts'
import { httpServer } from './server.ts'

/** Builds the HTTP interface once for nothing, so that everything fastify loads on first use is loaded. */
export async function rehearseHttp(): Promise<void> {
  const never = (): never => {
    throw new Error('a rehearsal answers no requests')
  }
  const parts: HttpParts = {
    clock: systemClock,
    log: { info: never, warn: never, error: never },
    server: never,
    status: never,
    current: never,
    metrics: never,
    ask: never,
    backups: never,
    proofs: never,
    jobs: { list: never, find: never, underWay: never, request: never, nextRun: never },
    token: never,
  }
  await (await httpServer(parts, { address: '127.0.0.1', port: 0, names: [] })).close()
}
