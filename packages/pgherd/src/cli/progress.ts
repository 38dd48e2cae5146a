/** One line of progress; `share` between 0 and 1 when known. */
export type Progress = (text: string, share?: number) => void

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const redrawMs = 100

/**
 * Progress for people. A terminal shows one line that is drawn over, ten times a second at most; a pipe
 * gets each message once, without shares, so that a log stays readable.
 */
export function createProgress(
  stream: Stream,
  dim: (text: string) => string,
  now: () => number,
): { show: Progress; clear(): void } {
  let last = ''
  let drawn = false
  let drawnAt = -Infinity
  const clear = () => {
    if (drawn) stream.write('\r\u001b[2K')
    drawn = false
  }
  return {
    clear,
    show(text, share) {
      const same = text === last
      last = text
      if (stream.isTTY !== true) {
        if (!same) stream.write(`${dim(text)}\n`)
        return
      }
      if (same && now() - drawnAt < redrawMs) return
      drawnAt = now()
      clear()
      const line = share === undefined ? `${text} …` : `${text} ${Math.round(share * 100)} %`
      // a line that is broken by the terminal could not be cleared
      stream.write(dim(stream.columns ? line.slice(0, stream.columns - 1) : line))
      drawn = true
    },
  }
}
