/** What a load run measured; latencies in milliseconds. */
export interface BenchResult {
  readonly tool: 'pgbench' | 'node'
  readonly seconds: number
  readonly clients: number
  readonly scale: number
  readonly transactions: number
  readonly failed: number
  readonly tps: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** The nearest-rank percentile of latencies sorted ascending; NaN when there are none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN
}

/** Sums a run up. `latencies` in milliseconds, one per transaction, in any order. */
export function summarise(
  run: Pick<BenchResult, 'tool' | 'seconds' | 'clients' | 'scale' | 'failed'>,
  latencies: readonly number[],
): BenchResult {
  const sorted = Float64Array.from(latencies).sort()
  return {
    ...run,
    transactions: sorted.length,
    tps: sorted.length / run.seconds,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
  }
}
