import type { PromiseCheck } from '../promise.ts'

/** The agent answers health over HTTP, and at once. */
export const healthEndpoints: PromiseCheck = {
  id: 'health-endpoints',
  rows: ['J9', 'P6'],
  promise: '/health, /health/database and /health/database/metrics answer; /health within 100 ms',
  appliesTo: () => true,
  async measure({ askAgent }) {
    const seen = []
    for (const path of ['/health', '/health/database', '/health/database/metrics'])
      seen.push({ path, ...(await askAgent(path)) })
    return {
      ok: seen.every(({ status }) => status === 200) && (seen[0]?.milliseconds ?? Infinity) <= 100,
      measured: seen
        .map(({ path, status, milliseconds }) => `${path} ${status} in ${milliseconds.toFixed(0)} ms`)
        .join(', '),
    }
  },
}
