import { setTimeout as sleep } from 'node:timers/promises'

export interface Patience {
  /** How long to wait, in milliseconds. */
  readonly ms: number
  readonly signal: AbortSignal
  /** Between two looks, in milliseconds. */
  readonly pollMs?: number
}

/**
 * Looks again and again until there is a value; undefined when the time is over. What a look throws counts as nothing
 * seen: what is waited for is often a server that is just starting. Throws only the reason of the signal.
 */
export async function waitUntil<T>(
  look: () => Promise<T | undefined>,
  { ms, signal, pollMs = 200 }: Patience,
): Promise<T | undefined> {
  const until = performance.now() + ms
  for (;;) {
    signal.throwIfAborted()
    const value = await look().catch(() => undefined)
    if (value !== undefined) return value
    if (performance.now() >= until) return undefined
    await sleep(pollMs)
  }
}
