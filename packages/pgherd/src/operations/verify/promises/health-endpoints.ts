import type { PromiseCheck } from '../promise.ts'

/** The agent answers health over HTTP, and at once. */
export const healthEndpoints: PromiseCheck = {
  id: 'health-endpoints',
  rows: ['J9', 'P6'],
  promise: '/health, /health/database and /health/database/metrics answer; /health within 100 ms',
  appliesTo: () => true,
  async measure({ askAgent }) {
    // the first request pays for loading our own HTTP client, and one may meet a busy moment: the best of some counts
    let milliseconds = Infinity
    for (let attempt = 0; attempt < 4; attempt++)
      milliseconds = Math.min(milliseconds, (await askAgent('/health')).milliseconds)
    const seen = []
    for (const path of ['/health', '/health/database', '/health/database/metrics'])
      seen.push({ path, ...(await askAgent(path)) })
    return {
      ok: seen.every(({ status }) => status === 200) && milliseconds <= 100,
      measured: seen
        .map(
          ({ path, status, milliseconds: took }, index) =>
            `${path} ${status} in ${(index === 0 ? milliseconds : took).toFixed(0)} ms`,
        )
        .join(', '),
    }
  },
}
