import { setTimeout as sleep } from 'node:timers/promises'

/** Looks until there is an answer; undefined when there was none in time. Throws the signal's reason when it fires. */
export async function poll<T>(
  seconds: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  const until = performance.now() + seconds * 1000
  for (;;) {
    signal.throwIfAborted()
    const answer = await look()
    if (answer !== undefined) return answer
    if (performance.now() >= until) return undefined
    await sleep(250)
  }
}
