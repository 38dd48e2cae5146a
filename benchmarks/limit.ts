/**
 * Ends a benchmark in order: after so many minutes, or by Ctrl-C. What waits for the signal throws, so that whatever
 * was started is disposed of on the way out.
 */
export function limit(minutes: number): AbortSignal {
  const end = new AbortController()
  const interrupt = () => end.abort(new Error('interrupted'))
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const late = () => end.abort(new Error(`stopped after ${minutes} minutes, the limit of this benchmark`))
  setTimeout(late, minutes * 60_000).unref()
  return end.signal
}

/** The outcome of some work, or the signal's reason when that comes first; `undo` then ends the work itself. */
export async function within<T>(
  signal: AbortSignal,
  work: Promise<T>,
  undo: () => void = () => undefined,
): Promise<T> {
  signal.throwIfAborted()
  work.catch(() => undefined)
  const over = new AbortController()
  const late = new Promise<never>((_, reject) => {
    const stop = () => {
      undo()
      reject(signal.reason instanceof Error ? signal.reason : new Error('stopped'))
    }
    signal.addEventListener('abort', stop, { once: true, signal: over.signal })
  })
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}
