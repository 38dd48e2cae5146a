import type { PromiseCheck } from '../promise.ts'

/** Metrics can be scraped and say that the server is up. */
export const prometheusMetrics: PromiseCheck = {
  id: 'prometheus-metrics',
  rows: ['A16', 'J10', 'P6'],
  promise: '/metrics serves Prometheus text with pg_up 1',
  appliesTo: () => true,
  async measure({ askAgent }) {
    const { status, body } = await askAgent('/metrics')
    const samples = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    const up = samples.some((line) => /^pg_up(\{[^}]*\})? 1$/.test(line))
    return { ok: status === 200 && up, measured: `${samples.length} samples, pg_up ${up ? '1' : 'is not 1'}` }
  },
}
