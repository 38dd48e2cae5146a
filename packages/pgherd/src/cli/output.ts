import colors from 'picocolors'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { createProgress, type Progress } from './progress.ts'
import { diagnosticText } from './views/diagnostic.ts'

type Colors = ReturnType<typeof colors.createColors>

/** Where a command speaks: text for people, or exactly one JSON document on standard output. */
export interface Output {
  readonly json: boolean
  readonly interactive: boolean
  readonly paint: Colors
  /** Columns to write into: those of the terminal, 100 in a pipe. */
  readonly width: number
  /** A line for people; nothing with --json. */
  line(text?: string): void
  /** The document of a --json run; nothing without it. */
  document(value: unknown): void
  /** Progress for people, on standard error so that a pipe stays clean. */
  progress: Progress
  findings(diagnostics: readonly Diagnostic[]): void
  /** What ended the command, on standard error: for commands whose standard output is for another program. */
  complain(diagnostics: readonly Diagnostic[]): void
}

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** What a process has; another one in tests. */
export interface Streams {
  readonly stdout: Stream
  readonly stderr: Stream
  readonly stdin: { readonly isTTY?: boolean }
}

const pipeWidth = 100
/** Narrower than this nothing reads well, and a terminal may say 0 when it does not know. */
const leastWidth = 40

/** Colours follow NO_COLOR and FORCE_COLOR (https://no-color.org) and are off in a pipe. */
export function createOutput(json: boolean, streams: Streams = process): Output {
  const { stdout, stderr, stdin } = streams
  const paint = colors.createColors(colors.isColorSupported && !json)
  const progress = createProgress(
    stderr,
    (text) => paint.dim(text),
    () => performance.now(),
  )
  const write = (text: string) => {
    progress.clear()
    stdout.write(`${text}\n`)
  }
  const width =
    stdout.isTTY === true && (stdout.columns ?? 0) > 0 ? Math.max(leastWidth, stdout.columns ?? 0) : pipeWidth
  const textOf = (each: Diagnostic) => diagnosticText(each, paint, width)
  return {
    json,
    interactive: stdout.isTTY === true && stdin.isTTY === true && !json,
    paint,
    width,
    line: (text = '') => {
      if (!json) write(text)
    },
    document: (value) => {
      if (json) write(JSON.stringify(value, null, 2))
    },
    progress: (text, share) => {
      if (!json) progress.show(text, share)
    },
    findings: (diagnostics) => {
      if (!json && diagnostics.length > 0) write(diagnostics.map(textOf).join('\n\n'))
    },
    complain: (diagnostics) => {
      progress.clear()
      if (!json && diagnostics.length > 0) stderr.write(`${diagnostics.map(textOf).join('\n\n')}\n`)
    },
  }
}
