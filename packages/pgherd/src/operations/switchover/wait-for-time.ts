import { setTimeout as sleep } from 'node:timers/promises'

/** A step of the clock, or a machine that slept, is noticed after this long, in milliseconds. */
const longestSleep = 30_000

/**
 * Waits until the clock says so; nothing is held meanwhile. Throws the signal's reason at once when it is aborted: that
 * is how it is cancelled.
 */
export async function waitForTime(at: Date, now: () => Date, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    const left = at.getTime() - now().getTime()
    if (left <= 0) return
    await sleep(Math.min(left, longestSleep), undefined, { signal }).catch(() => undefined)
  }
}
