import { setTimeout as sleep } from 'node:timers/promises'

/** The pause before attempt `attempt + 1`, in ms: doubled each time up to `mostMs`, then spread by chance (`random` in [0, 1)). */
export function pauseMs(attempt: number, firstMs: number, mostMs: number, random: number): number {
  return Math.min(firstMs * 2 ** (attempt - 1), mostMs) * (0.7 + random * 0.6)
}

/** Waits for that pause, so that many who failed together do not come back together. */
export async function pause(attempt: number, firstMs: number, mostMs: number): Promise<number> {
  const ms = pauseMs(attempt, firstMs, mostMs, Math.random())
  await sleep(ms)
  return ms
}
