import { Counter, Gauge, Registry } from 'prom-client'
import type { Family } from './family.ts'

export const textFormat = Registry.PROMETHEUS_CONTENT_TYPE
export const openMetricsFormat = Registry.OPENMETRICS_CONTENT_TYPE

/** The format for an Accept header: OpenMetrics when it is asked for and not ranked below text/plain. */
export function negotiate(accept: string | undefined): typeof textFormat | typeof openMetricsFormat {
  const weights = new Map<string, number>()
  for (const part of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = part.split(';').map((each) => each.trim())
    const q = Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? '1')
    weights.set(type.toLowerCase(), Math.max(weights.get(type.toLowerCase()) ?? 0, Number.isNaN(q) ? 0 : q))
  }
  const open = weights.get('application/openmetrics-text') ?? 0
  return open > 0 && open >= (weights.get('text/plain') ?? 0) ? openMetricsFormat : textFormat
}

/** Writes families in the Prometheus text format 0.0.4 or OpenMetrics 1.0.0. */
export async function expose(
  families: readonly Family[],
  format: typeof textFormat | typeof openMetricsFormat,
): Promise<string> {
  const registry = new Registry<typeof textFormat | typeof openMetricsFormat>()
  registry.setContentType(format)
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue
    const labelNames = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))]
    if (type === 'gauge') {
      const gauge = new Gauge({ name, help, labelNames, registers: [registry] })
      for (const sample of samples) gauge.set(sample.labels, sample.value)
    } else {
      const counter = new Counter({ name, help, labelNames, registers: [registry] })
      // a counter of ours is read elsewhere: it is set by adding to nothing
      for (const sample of samples) counter.inc(sample.labels, Math.max(0, sample.value))
    }
  }
  return registry.metrics()
}
